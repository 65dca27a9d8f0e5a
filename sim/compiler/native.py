"""LLVM text -> machine code in memory."""

import sys
from typing import Any

_engines: list[Any] = []  # machine code lives as long as the engine that holds it


class Target:
    """This processor.

    Args:
        near: whether code may count on its constants to lie beside it, and on no function of a library. Addresses are
            relative then: instructions are shorter, several percent of a step's time. Only where that was tried, and
            not without fused multiply-adds, which are calls there.
    """

    def __init__(self, near: bool = False) -> None:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self._llvm = llvm
        self.features = llvm.get_host_cpu_features().flatten()
        self.processor = llvm.get_host_cpu_name()
        target = llvm.Target.from_default_triple()
        self._near = near and sys.platform == "linux" and "+fma," in f"{self.features},"
        places = {"reloc": "pic", "codemodel": "small"} if self._near else {}
        self._machine = target.create_target_machine(cpu=self.processor, features=self.features, opt=1, **places)

    @property
    def masks(self) -> bool:
        """Whether it has registers for truths, a bit a lane."""
        return "+avx512f," in f"{self.features},"

    def compile(self, text: str) -> bytes:
        """The object code of a module whose text is optimised already: LLVM only chooses instructions and registers.

        Its passes over the text would take nearly as long again, find next to nothing in ours, and undo the truths
        that are as wide as numbers. Numba has been through its own. A higher ``opt`` gives the same code more slowly.
        """
        module = self._llvm.parse_assembly(text)
        module.verify()
        return bytes(self._machine.emit_object(module))

    def link(self, code: bytes) -> "Native":
        """Object code made callable."""
        # llvmlite's own memory manager lays code and constants side by side; LLVM's may put them too far apart.
        manager = {"use_lmm": True} if self._near else {}
        engine = self._llvm.create_mcjit_compiler(self._llvm.parse_assembly(""), self._machine, **manager)
        engine.add_object_file(self._llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        _engines.append(engine)
        return Native(engine)


class Native:
    """Machine code in memory."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def address(self, name: str) -> int:
        """The address of a function."""
        return int(self._engine.get_function_address(name))
