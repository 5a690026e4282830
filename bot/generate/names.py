"""Made-up names for training sentences: of projects, features, notebooks and data sets."""

from random import Random

from bot.generate.vocabulary import (
    BOOKS,
    CODENAMES,
    COLUMNS,
    HAPPENINGS,
    LINES,
    OURS,
    PEOPLE,
    QUALITIES,
    SHORT,
    SYLLABLES,
    TASKS,
    THINGS,
    TOPICS,
)


def _plain(rng: Random) -> str:
    """A name of plain words, which other sentences have outside of names: "roof leak", "wet road"."""
    things, happenings, last = rng.sample(THINGS, 2), rng.choice(HAPPENINGS), rng.choice(TASKS)
    one, other, quality = *things, rng.choice(QUALITIES)
    if rng.random() < 0.15:
        ours = rng.choice(OURS)
        return rng.choice(
            (f"{one} {ours}", f"{quality} {ours}", f"{quality} {ours}", f"{ours} {happenings}")
        )
    return rng.choice(
        (f"{one} {happenings}", f"{one} {happenings}", f"{one} {other}", f"{one} {other}", f"{quality} {one}",
         f"{quality} {one}", f"{quality} {one}",
         f"{quality} {one}s", f"{one} {last}", f"{quality} {happenings}", f"{one} {other} {happenings}",
         f"{quality} {one} {other}", f"{one} {happenings} {last}")
    )  # fmt: skip


def project(rng: Random) -> str:
    """A project's name: of plain words, of the field's, a codename or made up."""
    if rng.random() < 0.45:
        name = _plain(rng)
        joint = rng.choices((" ", "-", "_"), (8, 1, 1))[0]
        return name.title() if rng.random() < 0.08 else name.replace(" ", joint)
    roll = rng.random()
    if roll < 0.18:
        return _codename(rng)
    if roll < 0.24:
        return rng.choice(THINGS) + rng.choice(("", "s"))
    if roll < 0.46:
        name = rng.choice(TOPICS)
    elif roll < 0.7:
        joint = rng.choices(("-", "_", " ", " of "), (6, 2, 4, 0.3))[0]
        name = joint.join((rng.choice(TOPICS), rng.choice(TASKS)))
    elif roll < 0.76:
        name = "-".join((rng.choice(TOPICS), rng.choice(TOPICS), rng.choice(TASKS)))
    else:
        name = "".join(rng.choices(SYLLABLES, k=rng.randint(2, 3)))
        if rng.random() < 0.3:
            name += "-" + rng.choice(TASKS)
    if rng.random() < 0.12:
        name += rng.choice(("2", "-v2", "-eu", "-us", "-2026", "3", "-b2b", "-de"))
    if rng.random() < 0.1:
        name = name.title()
    return name


def _codename(rng: Random) -> str:
    """Names that tell nothing of what the model is for, and lines of business as insurers write them."""
    roll = rng.random()
    if roll < 0.2:
        name = f"{rng.choice(LINES)} {rng.choice((*SHORT, *TASKS)).replace('-', ' ')}"
        return name.lower() if rng.random() < 0.4 else name
    if roll < 0.3:
        return " ".join((rng.choice(TOPICS), rng.choice(TASKS))).title()
    if roll < 0.42:
        return _short(rng)
    name = rng.choice(CODENAMES)
    return name + rng.choice(
        (
            "",
            "",
            "",
            "",
            "",
            "-2",
            "-3",
            "-v2",
            f"-{rng.choice(TASKS)}",
            f"-{rng.choice(CODENAMES)}",
        )
    )


def _short(rng: Random) -> str:
    """Names as teams shorten them: "clv90", "xsell", "promo2go"."""
    letters = "".join(rng.choices("bcdfghklmnprstvwxz", k=rng.randint(2, 3)))
    word, number = rng.choice(TOPICS), str(rng.choice((2, 3, 4, 7, 12, 24, 30, 60, 90, 100, 360)))
    return rng.choice(
        (letters + number, letters + number, f"{letters[0]}{word}", f"{word}{number}", f"{word}2{rng.choice(TASKS)}",
         f"{word}{letters[:2]}", f"{letters}-{number}")
    )  # fmt: skip


def feature(rng: Random) -> str:
    """A feature's name: words of columns, joined in many ways."""
    name = rng.choices(("_", "-", " "), (12, 1, 3))[0].join(rng.sample(COLUMNS, rng.randint(2, 4)))
    if rng.random() < 0.12:
        name = rng.choice(COLUMNS)
    elif rng.random() < 0.1:
        name = "".join(part.title() for part in name.replace(" ", "_").split("_"))
    return name


def notebook(rng: Random) -> str:
    """A notebook's name: after its project, its owner or what it is for."""
    roll = rng.random()
    if roll < 0.6:
        return f"{rng.choice(TOPICS)}{rng.choice(('-', '-', '_'))}{rng.choice(BOOKS)}"
    if roll < 0.75:
        return f"{rng.choice(PEOPLE)}-{rng.choice((*BOOKS, *TOPICS))}"
    if roll < 0.85:
        return f"{rng.choice(BOOKS)}-{rng.randint(1, 9)}"
    return "".join(rng.choices(SYLLABLES, k=rng.randint(2, 3)))


def dataset(rng: Random) -> str:
    """A data set's name, file or address in S3."""
    topic = rng.choice(TOPICS)
    day = f"{rng.randint(2025, 2027)}-{rng.randint(1, 12):02}"
    kind = rng.choice(
        (
            "policies",
            "claims",
            "renewals",
            "quotes",
            "customers",
            "leads",
            "batch",
            "full",
            "scoring",
            "holdout",
        )
    )
    return rng.choice(
        (f"{topic}-{day}", f"{topic}-{kind}-{day}", f"{topic}_{kind}", f"{kind}_{day.replace('-', '')}",
         f"{topic}-{kind}", f"{kind}-q{rng.randint(1, 4)}", f"{topic}-{kind}-v{rng.randint(1, 9)}",
         f"s3://{topic}-data/{kind}/{day}.csv", f"s3://lake/{topic}/{kind}/", f"s3://ml/{kind}/{day}/part-0.parquet",
         f"{topic}_{kind}.csv", f"{kind}-{day}.parquet", f"{topic}_{kind}_{rng.choice(('eu', 'de', 'uk', 'new', 'test'))}")
    )  # fmt: skip
