"""What tests and doctests start from: float64 (float32 where a test says so), no mixed ranks."""

import hypothesis
import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
hypothesis.settings.register_profile("dendrax", deadline=None, max_examples=50)
hypothesis.settings.load_profile("dendrax")
