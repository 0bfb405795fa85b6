"""Gauss-Legendre quadrature, and collocation at its points."""

import numpy as np


def gauss_legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``n`` points in (0, 1), and the integrals of their interpolating polynomial.

    Row j of the integrals goes from 0 to point j; the last one goes from 0 to 1.
    """
    points = (np.polynomial.legendre.leggauss(n)[0] + 1) / 2
    powers = np.arange(1, n + 1)
    ends = np.append(points, 1.0)[:, None]
    return points, ends**powers / powers @ np.linalg.inv(np.vander(points, increasing=True))
