"""Looks for what a check found."""


def one(findings, column=None):
    (found,) = (each for each in findings if column is None or each.column == column)
    return found


def verdicts(findings):
    return {each.column: each.verdict.value for each in findings}
