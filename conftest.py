"""What every test and every doctest starts from: float64, and no silent broadcasting of ranks."""

import hypothesis
import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
hypothesis.settings.register_profile("dendrax", deadline=None, max_examples=50)
hypothesis.settings.load_profile("dendrax")
