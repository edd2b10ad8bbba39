"""What was signed: the checkpoints that carry a valid signature, and the leaves they prove."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.checkpoints import Registered, read_notes, read_register, register_path
from ledger.merkle import Algorithm, Frontier, TreeHash
from ledger.notes import Checkpoint, NoteError, open_note, read
from ledger.report import Finding


@dataclass
class SignedHistory:
    """The checkpoint file, checked. `proven` are the leaves, in order, that lead to signed roots."""

    algorithm: Algorithm = "sha256"
    signed: dict[int, Checkpoint] = field(default_factory=dict)
    torn: str = ""
    proven: list[Registered] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def tree(self) -> TreeHash:
        """Hash of the tree that was signed."""
        return TreeHash(self.algorithm)

    @property
    def size(self) -> int | None:
        """Size of the newest signed checkpoint, None when there is none."""
        return max(self.signed, default=None)

    def name_of(self, seq: int) -> str | None:
        """Name of the signed record at `seq`, as far as the register proves it."""
        return self.proven[seq - 1].score_id if 1 <= seq <= len(self.proven) else None


def newest_size(log: Path) -> int:
    """Size in the last readable note of the checkpoint file, its signature not checked; 0 without any."""
    newest = 0
    try:
        for note in read_notes(log):
            try:
                newest = read(note).size
            except NoteError:
                continue
    except OSError:
        pass
    return newest


def read_history(log: Path, key: Ed25519PublicKey) -> SignedHistory:
    """All that `log` and its register prove; what is wrong with them is in `faults` and `warnings`."""
    history = SignedHistory()
    try:
        notes = list(read_notes(log))
    except OSError as error:
        history.faults.append(Finding("checkpoint", f"{log} cannot be read ({error.strerror}): nothing is proven"))
        return history
    if notes and not ("\n— " in notes[-1] and notes[-1].endswith("\n")):
        history.torn = notes.pop()
    for number, note in enumerate(notes, start=1):
        _take(history, number, note, key)
    if not history.signed:
        history.faults.append(Finding("checkpoint", f"{log} holds no valid checkpoint: nothing is proven"))
    else:
        _prove_register(history, log)
    return history


def _take(history: SignedHistory, number: int, note: str, key: Ed25519PublicKey) -> None:
    try:
        checkpoint = open_note(note, key)
    except NoteError as error:
        history.faults.append(Finding("checkpoint", f"note {number} of the checkpoint file: {error}"))
        return
    if not history.signed:
        history.algorithm = checkpoint.algorithm
    newest = history.size
    if checkpoint.algorithm != history.algorithm or (newest is not None and checkpoint.size <= newest):
        detail = f"note {number} of the checkpoint file does not follow the one before (size {checkpoint.size})"
        history.faults.append(Finding("checkpoint", detail))
        return
    history.signed[checkpoint.size] = checkpoint


def _prove_register(history: SignedHistory, log: Path) -> None:
    frontier = Frontier(history.tree)
    waiting: list[Registered] = []
    for registered in read_register(log):
        frontier.append(registered.leaf_hash)
        waiting.append(registered)
        checkpoint = history.signed.get(frontier.size)
        if checkpoint is None:
            continue
        if frontier.root() != checkpoint.root:
            break
        history.proven += waiting
        waiting = []
    if len(history.proven) < (history.size or 0):
        history.warnings.append(
            f"{register_path(log).name} proves only the first {len(history.proven)} of {history.size} leaves: "
            "changed records after them can be told by checkpoint, not one by one"
        )
