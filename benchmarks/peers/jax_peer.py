"""The same model in JAX: float64 on one core, a scan over records, compiled by XLA; conditions become selections."""

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.numpy_peer import CALLS, called
from benchmarks.peers.text import INFIX, Dialect, Writer, indented, pieces
from sim.compiler.inputs import Inputs
from sim.compiler.passes import optimise
from sim.compiler.program import Block, Program

ONE_CORE = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
KEY = "jax.random.fold_in(key, 1000 + {i})"
JAX = Dialect(
    operations=INFIX | called({name: function.replace("np.", "jnp.") for name, function in CALLS.items()}) | {
        "number": "{0} * 1.0", "truth": "{0} != 0", "gamma_quantile": f"{{2}} * jax.random.gamma({KEY}, {{1}}, (n,))",
        "poisson_quantile": f"jax.random.poisson({KEY}, {{1}}, (n,)) * 1.0",
        "bernoulli_quantile": f"(jax.random.uniform({KEY}, (n,)) < {{1}}) * 1.0",
    },
    draws={"uniform": "uniforms[{k}]", "exponential": "exponentials[{k}]", "normal": "normals[{k}]"},
    guard="",
    store="jnp.broadcast_to({0} * 1.0, (n,))",
)  # fmt: skip


def has_jax() -> bool:
    return importlib.util.find_spec("jax") is not None


def jax_program(program: Program, inputs: Inputs) -> Callable[[np.ndarray, int], np.ndarray]:
    """A function ``run(parameters[n_uncertain, n], seed) -> slots[n_slots, n]``."""
    os.environ["XLA_FLAGS"] = ONE_CORE
    import jax

    jax.config.update("jax_enable_x64", True)
    from jax import numpy as jnp
    from jax.scipy import special

    optimised = optimise(program)
    scope: dict[str, Any] = {"jax": jax, "jnp": jnp, "special": special}
    exec(_function("start", optimised, optimised.start) + _function("step", optimised, optimised.step), scope)
    n_records = optimised.layout.n_records
    u, schedule = jnp.asarray(inputs.uniforms), jnp.asarray(inputs.schedule)

    @jax.jit
    def compiled(p: Any, seed: Any) -> Any:
        n, key = p.shape[1], jax.random.key(seed)
        zeros = (jnp.zeros(n),) * optimised.n_slots

        def one(s: Any, x: Any) -> Any:
            return scope["step"](n, jax.random.fold_in(key, x[0]), s, p, u, x[1], x[0]), None

        begun = scope["start"](n, jax.random.fold_in(key, n_records), zeros, p, u, schedule[0], 0)
        return jnp.stack(jax.lax.scan(one, begun, (jnp.arange(n_records), schedule))[0])

    return lambda parameters, seed: np.asarray(compiled(parameters, seed))


def _function(name: str, program: Program, block: Block) -> str:
    parts, writer = pieces(program, JAX, block), Writer(JAX, block)
    values, stores = writer.values(parts), writer.stores(parts)
    batches = ("uniform", "exponential", "normal")
    draws = [
        f"{kind}s = jax.random.{kind}(jax.random.fold_in(key, {place}), ({writer.counts[kind] + 1}, n))"
        for place, kind in enumerate(batches)
        if kind in writer.counts
    ]
    lines = [*draws, *values, "s = list(s)", *stores, "return tuple(s)"]
    return f"def {name}(n, key, s, p, u, h, r):\n{indented(lines, 1)}\n"
