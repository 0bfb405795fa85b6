"""The channels of cells, as their sources print them."""

from typing import Any

from dendrax.mechanisms import (
    BK,
    KA,
    KM,
    SK,
    CaHVA,
    CalciumPool,
    CaLVA,
    HodgkinHuxley,
    Ih,
    Kdr,
    Kv31,
    NaP,
    NaT,
    Passive,
)
from dendrax.validation.transcriptions._mechanism import (
    MechanismEquations,
    gated,
    opening,
    relaxing,
    values,
)

# J / (K mol), C / mol: CODATA 2018.
_GAS, _FARADAY = 8.314462618, 96485.33212
# expm1_over(x) = (exp(x) - 1)/x, so that (a - v)/(exp((a - v)/b) - 1) = b/expm1_over((a - v)/b).


def passive(mechanism: Passive) -> MechanismEquations:
    """Return the leak (Rall 1962)."""
    given = {name: x for name, x in values(mechanism).items() if name in ("g_leak", "e_leak")}
    return MechanismEquations("g_leak*(v - e_leak)", constants=given)


def hodgkin_huxley(mechanism: HodgkinHuxley) -> MechanismEquations:
    """Return the squid axon (Hodgkin & Huxley 1952, Eqs. 12, 13, 20, 21, 23, 24, 26)."""
    # Their V is the depolarization with its sign changed: here u = v + 65.
    return MechanismEquations(
        "g_na*m**3*h*(v - e_na) + g_k*n**4*(v - e_k)",
        shorthand={"u": "v + 65", **_faster(6.3)},
        constants=values(mechanism),
        **gated(
            m=opening("m", "1/expm1_over((25 - u)/10)", "4*exp(-u/18)", "speed"),
            h=opening("h", "0.07*exp(-u/20)", "1/(exp((30 - u)/10) + 1)", "speed"),
            n=opening("n", "0.1/expm1_over((10 - u)/10)", "0.125*exp(-u/80)", "speed"),
        ),
    )


def nat(mechanism: NaT) -> MechanismEquations:
    """Return the sodium current (Traub et al. 1991, Table 2); they count from rest, -60 mV."""
    return MechanismEquations(
        "g_max*m**2*h*(v - e_na)",
        shorthand={"u": "v - v_shift + 60", **_faster(32.0)},
        constants=values(mechanism),
        **gated(
            m=opening(
                "m", "0.32*4/expm1_over((13.1 - u)/4)", "0.28*5/expm1_over((u - 40.1)/5)", "speed"
            ),
            h=opening("h", "0.128*exp((17 - u)/18)", "4/(1 + exp((40 - u)/5))", "speed"),
        ),
    )


def kdr(mechanism: Kdr) -> MechanismEquations:
    """Return the delayed rectifier (Traub et al. 1991, Table 2)."""
    return MechanismEquations(
        "g_max*m*(v - e_k)",
        shorthand={"u": "v - v_shift + 60", **_faster(32.0)},
        constants=values(mechanism),
        **gated(
            m=opening("m", "0.016*5/expm1_over((35.1 - u)/5)", "0.25*exp((20 - u)/40)", "speed")
        ),
    )


def nap(mechanism: NaP) -> MechanismEquations:
    """Return the persistent sodium current (Magistretti & Alonso 1999; Hay et al. 2011)."""
    opens, closes = "0.182*6/expm1_over(-(u + 38)/6)", "0.124*6/expm1_over((u + 38)/6)"
    enters, leaves = (
        "2.88e-6*4.63/expm1_over((u + 17)/4.63)",
        "6.94e-6*2.63/expm1_over(-(u + 64.4)/2.63)",
    )
    return MechanismEquations(
        "g_max*m**3*h*(v - e_na)",
        shorthand={"u": "v - v_shift", **_faster(21.0)},
        constants=values(mechanism),
        **gated(
            m=relaxing("m", "1/(1 + exp((u + 52.6)/-4.6))", f"6/({opens} + {closes})", "speed"),
            h=relaxing("h", "1/(1 + exp((u + 48.8)/10))", f"1/({enters} + {leaves})", "speed"),
        ),
    )


def kv31(mechanism: Kv31) -> MechanismEquations:
    """Return the Kv3.1 current (Rettig et al. 1992; Hay et al. 2011)."""
    tau = "0.2*20/(1 + exp((u + 46.56)/-44.14))"
    return MechanismEquations(
        "g_max*m*(v - e_k)",
        shorthand={"u": "v - v_shift", **_faster(34.0)},
        constants=values(mechanism),
        **gated(m=relaxing("m", "1/(1 + exp((u - 18.7)/-9.7))", tau, "speed")),
    )


def ka(mechanism: KA) -> MechanismEquations:
    """Return the A-type current (Migliore et al. 1999)."""
    return MechanismEquations(
        "g_max*m*h*(v - e_k)",
        shorthand={
            "per_mv": f"1e-3*{_FARADAY}/({_GAS}*(273.15 + celsius))",
            "zeta": "z_m - 1/(1 + exp((v + 40)/5))",
            "alpha_m": "exp(zeta*(v - v_m)*per_mv)",
            "beta_m": "exp(zeta*gamma*(v - v_m)*per_mv)",
            "alpha_h": "exp(z_h*(v - v_h)*per_mv)",
            "tau_m": "beta_m/(q10**((celsius - 24)/10)*a_m*(1 + alpha_m))",
        },
        constants=values(mechanism),
        **gated(
            m=relaxing("m", "1/(1 + alpha_m)", "clip(tau_m, tau_m_min, infinity)"),
            h=relaxing("h", "1/(1 + alpha_h)", "clip(slope_h*(v + 50), tau_h_min, infinity)"),
        ),
    )


def km(mechanism: KM) -> MechanismEquations:
    """Return the muscarinic current (Adams et al. 1982; Hay et al. 2011)."""
    alpha, beta = "3.3e-3*exp(2.5*0.04*(u + 35))", "3.3e-3*exp(-2.5*0.04*(u + 35))"
    return MechanismEquations(
        "g_max*m*(v - e_k)",
        shorthand={"u": "v - v_shift", **_faster(21.0)},
        constants=values(mechanism),
        **gated(m=opening("m", alpha, beta, "speed")),
    )


def ih(mechanism: Ih) -> MechanismEquations:
    """Return the hyperpolarization-activated current (Kole et al. 2006)."""
    alpha, beta = "0.001*6.43*11.9/expm1_over((u + 154.9)/11.9)", "0.001*193*exp(u/33.1)"
    return MechanismEquations(
        "g_max*m*(v - e_h)",
        shorthand={"u": "v - v_shift", **_faster(34.0)},
        constants=values(mechanism),
        **gated(m=opening("m", alpha, beta, "speed")),
    )


def bk(mechanism: BK) -> MechanismEquations:
    """Return the current of voltage and calcium (Khaliq et al. 2003; Akemann & Knoepfel 2006)."""
    # In s, at voltages that are 5 mV higher.
    tau_m = "1000*(0.000505 + 1/(exp((u + 86.4)/10.1) + exp((u - 33.3)/-10)))"
    tau_h = "1000*(0.0019 + 1/(exp((u + 48.5)/5.2) + exp((u - 54.2)/-12.9)))"
    return MechanismEquations(
        "g_max*m**3*z**2*h*(v - e_k)",
        shorthand={"u": "v - v_shift + 5", **_faster(22.0)},
        constants=values(mechanism),
        **gated(
            m=relaxing("m", "1/(1 + exp((u + 28.9)/-6.2))", tau_m, "speed*speed_m"),
            h=relaxing("h", "0.085 + 0.915/(1 + exp((u + 32)/5.8))", tau_h, "speed*speed_h"),
            z=relaxing("z", "1/(1 + c_half/ca_in)", "tau_z"),
        ),
    )


def sk(mechanism: SK) -> MechanismEquations:
    """Return the current of calcium alone (Köhler et al. 1996; Hay et al. 2011)."""
    return MechanismEquations(
        "g_max*z*(v - e_k)",
        constants=values(mechanism),
        **gated(z=relaxing("z", "1/(1 + (c_half/ca_in)**n)", "tau_z")),
    )


def cahva(mechanism: CaHVA) -> MechanismEquations:
    """Return the calcium current of high threshold (Reuveni et al. 1993)."""
    return _calcium_current(
        mechanism,
        23.0,
        m=opening("m", "0.055*3.8/expm1_over((-27 - u)/3.8)", "0.94*exp((-75 - u)/17)", "speed"),
        h=opening("h", "0.000457*exp((-13 - u)/50)", "0.0065/(exp((-u - 15)/28) + 1)", "speed"),
    )


def calva(mechanism: CaLVA) -> MechanismEquations:
    """Return the calcium current of low threshold (Avery & Johnston 1996; Hay et al. 2011)."""
    # Their voltages are corrected by 10 mV for a junction potential.
    tau_m, tau_h = "5 + 20/(1 + exp((u + 10 + 25)/5))", "20 + 50/(1 + exp((u + 10 + 40)/7))"
    return _calcium_current(
        mechanism,
        21.0,
        m=relaxing("m", "1/(1 + exp((u + 10 + 30)/-6))", tau_m, "speed"),
        h=relaxing("h", "1/(1 + exp((u + 10 + 80)/6.4))", tau_h, "speed"),
    )


def _calcium_current(mechanism: Any, reference: float, **gates: Any) -> MechanismEquations:
    given = values(mechanism)
    nernst = f"1e3*{_GAS}*(celsius + 273.15)/(2*{_FARADAY})*log(ca_out/ca_in)"
    reversal = {} if "e_ca" in given else {"e_ca": nernst}
    return MechanismEquations(
        "g_max*m**2*h*(v - e_ca)",
        shorthand={"u": "v - v_shift", **_faster(reference), **reversal},
        constants=given,
        carries_calcium=True,
        **gated(**gates),
    )


def calcium_pool(mechanism: CalciumPool) -> MechanismEquations:
    """Return the calcium below the membrane (Destexhe et al. 1993); gamma of Hay et al. 2011."""
    # Of uA/cm2 per um in mM/ms: 10/(2 F).
    inward = "clip(-i_ca, 0, infinity)" if mechanism.inward_only else "-i_ca"
    return MechanismEquations(
        "0",
        rates={"c": f"gamma*10*{inward}/(2*{_FARADAY}*depth) + (c_inf - c)/tau"},
        start={"c": "c_inf"},
        constants=values(mechanism),
        calcium=("c", "c_out"),
    )


def _faster(reference: float) -> dict[str, str]:
    return {"speed": f"q10**((celsius - {reference:g})/10)"}
