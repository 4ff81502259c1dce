"""The small changes that a mutation test makes to a module, one at a time.

Changes of comparison, sum, logic and constant; conditions turned round; statements, returned values
and named arguments left out. Not changed: docstrings, annotations, decorators, imports, protocols
and the names of types, which no test of behaviour can see.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.MatMult: ast.Mult,
}
MARK = "XX"


@dataclass(frozen=True)
class Mutant:
    """One change: its place among the changes of its module, its lines and what it does."""

    number: int
    first: int
    last: int
    before: str
    after: str


@dataclass(frozen=True)
class _Place:
    """Where a node stands, so that another can take its place."""

    parent: ast.AST
    name: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.name, node)
        else:
            getattr(self.parent, self.name)[self.index] = node


def mutants(source: str) -> list[Mutant]:
    """All of a module, in the order of its text."""
    return [found for found, _ in _changes(ast.parse(source))]


def mutated(source: str, number: int) -> ast.Module:
    """The module with one change, to be compiled. Raises IndexError when there are not so many."""
    tree = ast.parse(source)
    for found, change in _changes(tree):
        if found.number == number:
            change()
            return ast.fix_missing_locations(tree)
    raise IndexError(number)


def _changes(tree: ast.Module) -> Iterator[tuple[Mutant, Callable[[], None]]]:
    number = 0
    for place, node, statement in _nodes(tree):
        first, last = _lines(statement)
        for other in _others(node):
            before, after = _told(node, other)
            if before == after:
                continue
            yield (
                Mutant(number=number, first=first, last=last, before=before, after=after),
                lambda place=place, other=other: place.put(other),  # type: ignore[misc]
            )
            number += 1


def _told(node: ast.AST, other: ast.AST) -> tuple[str, str]:
    """What is changed into what; of a call that lost an argument, that argument."""
    if isinstance(node, ast.Call) and isinstance(other, ast.Call):
        kept = [ast.dump(x) for x in other.keywords]
        lost = next(x for x in node.keywords if ast.dump(x) not in kept)
        return f"{_words(node.func)}(... {_words(lost)} ...)", "left out"
    return _words(node), _words(other)


def _words(node: ast.AST) -> str:
    """A node in a line; of an `if` or a loop its head alone."""
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    return text.split("\n", 1)[0] if isinstance(node, ast.stmt) else " ".join(text.split())


def _lines(statement: ast.stmt) -> tuple[int, int]:
    """First and last line of a statement; of one with a body, of its head."""
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno
    return statement.lineno, max(last or statement.lineno, statement.lineno)


def _nodes(tree: ast.Module) -> Iterator[tuple[_Place, ast.AST, ast.stmt]]:
    """Every node that may change, with its place and the statement that it is of."""
    for index, child in enumerate(tree.body):
        yield from _inside(_Place(tree, "body", index), child, child)


def _inside(
    place: _Place, node: ast.AST, statement: ast.stmt
) -> Iterator[tuple[_Place, ast.AST, ast.stmt]]:
    if _is_left_alone(node, place):
        return
    if isinstance(node, ast.stmt):
        statement = node
    yield place, node, statement
    if isinstance(node, ast.JoinedStr):  # its parts are changed as one
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        if isinstance(value, ast.AST):
            yield from _inside(_Place(node, name, None), value, statement)
        elif isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST):
                    yield from _inside(_Place(node, name, index), child, statement)


def _is_left_alone(node: ast.AST, place: _Place) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.ClassDef):
        return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
    if isinstance(place.parent, ast.Module) and isinstance(node, ast.Assign):
        target = node.targets[0]
        all_of_it = isinstance(target, ast.Name) and target.id == "__all__"
        return all_of_it or isinstance(node.value, ast.Subscript)  # the name of a type
    return False


def _others(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    yield from _of_operators(node)
    yield from _of_constants(node)
    yield from _of_statements(node)
    if isinstance(node, ast.Call):
        for index in range(len(node.keywords)):
            other = copy.deepcopy(node)
            del other.keywords[index]
            yield other
    if isinstance(node, ast.Lambda):
        other = copy.deepcopy(node)
        other.body = _none(node)
        yield other


def _of_operators(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[index] = SWAPS[type(operator)]()  # type: ignore[call-overload]
            yield other
    elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign):
        other = copy.deepcopy(node)
        other.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
        yield other
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield copy.deepcopy(node.operand)
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not _turns_by_itself(node.test):
        other = copy.deepcopy(node)
        other.test = ast.UnaryOp(op=ast.Not(), operand=other.test)
        yield other
    if isinstance(node, ast.comprehension):
        for index, test in enumerate(node.ifs):
            if _turns_by_itself(test):
                continue
            turned = copy.deepcopy(node)
            turned.ifs[index] = ast.UnaryOp(op=ast.Not(), operand=test)
            yield turned


def _turns_by_itself(test: ast.expr) -> bool:
    """Whether another change turns it round: that of its `not`, or of `==` into `!=`."""
    if isinstance(test, ast.UnaryOp):
        return isinstance(test.op, ast.Not)
    turned = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], turned)


def _of_constants(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):
        other = copy.deepcopy(node)
        other.values = [ast.Constant(MARK), *other.values, ast.Constant(MARK)]
        yield other
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.copy_location(ast.Constant(not value), node)
    elif isinstance(value, int | float):
        yield ast.copy_location(ast.Constant(value + 1), node)
    elif isinstance(value, str):
        yield ast.copy_location(ast.Constant(f"{MARK}{value}{MARK}"), node)


def _of_statements(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Assign | ast.Return) and not _is_none(node.value):
        other = copy.deepcopy(node)
        other.value = _none(node)
        yield other
    elif isinstance(node, ast.AugAssign):
        yield ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)
    elif isinstance(node, ast.Expr | ast.Delete | ast.Raise):
        yield ast.copy_location(ast.Pass(), node)
    elif isinstance(node, ast.Continue):
        yield ast.copy_location(ast.Break(), node)
    elif isinstance(node, ast.Break):
        yield ast.copy_location(ast.Continue(), node)


def _none(node: ast.AST) -> ast.Constant:
    return ast.copy_location(ast.Constant(None), node)


def _is_none(node: ast.AST | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def wilson(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """The interval of a share at 95 %. Source: Wilson (1927), the score interval."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    middle = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    whole = 1 + z * z / trials
    return (middle - half) / whole, (middle + half) / whole
