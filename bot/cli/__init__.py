"""The command line. Each command imports what it needs when it runs, so that `--help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="cooper",
    help="The colleague in Slack who runs a company's machine-learning platform.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
database = typer.Typer(help="The database's schema.", no_args_is_help=True)
project = typer.Typer(help="Model projects.", no_args_is_help=True)
nlu = typer.Typer(help="The language model.", no_args_is_help=True)
silences = typer.Typer(help="What nobody is to hear of.", no_args_is_help=True)
app.add_typer(database, name="db")
app.add_typer(project, name="project")
app.add_typer(nlu, name="nlu")
app.add_typer(silences, name="silences")


@app.command()
def up() -> None:
    """Start the embedded stack and stay until Ctrl-C."""
    from infra.local.stack import Options, up

    raise typer.Exit(up(Options()))


@app.command()
def bot() -> None:
    """Take in what Slack sends."""
    from bot.cli.processes import bot

    bot()


@app.command()
def worker() -> None:
    """Answer, plan, start and follow."""
    from bot.cli.processes import worker

    worker()


@app.command()
def actions() -> None:
    """Run Rasa's action server on loopback."""
    from bot.cli.nlu import serve_actions

    serve_actions()


@app.command()
def parse(
    text: Annotated[str | None, typer.Argument(help="The text to parse.")] = None,
    file: Annotated[
        Path | None, typer.Option(help='A file of {"text": …} lines; - for standard input.')
    ] = None,
) -> None:
    """Print what a text means as JSON; changes nothing."""
    from bot.cli.parse import parse

    parse(text, file)


@app.command()
def generate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether something is out of date.")
    ] = False,
) -> None:
    """Write everything that derives from the catalogue."""
    from bot.cli.generate import generate

    generate(check=check)


@app.command()
def traffic(
    project: Annotated[str, typer.Argument(help="A registered project, by name or alias.")],
    *,
    environment: Annotated[str, typer.Option(help="Where its endpoint is.")] = "staging",
    rows: Annotated[int | None, typer.Option(min=1, help="How many rows; 1000 by default.")] = None,
    length: Annotated[
        str | None, typer.Option("--for", help="For how long instead, such as PT10M.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.01, max=1000, help="Rows a second.")] = 20,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Rows in a request.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed sends the same rows.")] = 1,
    drift: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN[=AMOUNT]",
            help="Move a column of numbers by so many standard deviations (1); of any other column "
            "give so large a share of the rows (1 is all) its rarest value.",
        ),
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=SHARE", help="Take the value out of this share of the rows."),
    ] = None,
    new_category: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE", help="Put a value never seen into every fifth row, by chance."
        ),
    ] = None,
    label_shift: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Take this share of the rows from those with the rarest class, or with the highest "
            "tenth of the amounts.",
        ),
    ] = None,
    outage: Annotated[
        bool,
        typer.Option(
            "--outage",
            help="Send what the model must refuse: the endpoint counts errors, captures nothing, "
            "and its monitors see no traffic.",
        ),
    ] = False,
    labels: Annotated[
        bool, typer.Option(help="Write the true labels of what was answered.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Send rows of a project's holdout to its endpoint, with faults in them if you ask; Ctrl-C ends it."""
    from bot.cli.traffic import traffic
    from bot.cli.traffic_options import wanted

    request = wanted(
        project,
        environment,
        rows,
        length,
        rate=rate,
        batch=batch,
        seed=seed,
        drift=drift or (),
        missing=missing or (),
        new_category=new_category or (),
        label_shift=label_shift,
        is_outage=outage,
        is_labelled=labels,
    )
    traffic(request, as_json=as_json)


@app.command()
def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at everything that Cooper needs, and say what is wrong and what to do."""
    from bot.cli.doctor import doctor

    doctor(as_json=as_json)


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring the database to the newest schema."""
    from bot.cli.database import upgrade_database
    from bot.cli.processes import settings

    upgrade_database(settings().database_url.get_secret_value())


@project.command("register")
def project_register(
    location: Annotated[str, typer.Argument(help="A folder or a git URL.")],
    ref: Annotated[str | None, typer.Option(help="Branch, tag or commit of the URL.")] = None,
    by: Annotated[str, typer.Option(help="Who registers it, for the audit log.")] = "cli",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Validate, package and register a project; from then on chat knows it."""
    from bot.cli.project import register

    register(location, ref, by, as_json=as_json)


@silences.command("list")
def silences_list(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Print the silences that are not over."""
    from bot.cli.silences import show

    show(as_json=as_json)


@silences.command("add")
def silences_add(
    matchers: Annotated[
        list[str], typer.Argument(help="Such as 'project=\"churn\"' 'severity=~\"low|medium\"'.")
    ],
    *,
    length: Annotated[str, typer.Option("--for", help="For how long, such as PT2H.")],
    reason: Annotated[str, typer.Option(help="Why, for those who find it later.")],
    by: Annotated[str, typer.Option(help="Who wants it, for the audit log.")] = "cli",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Silence incidents that meet every matcher; they are counted, and told if they outlast it."""
    from bot.cli.silences import add

    add(matchers, length, reason, by, as_json=as_json)


@silences.command("end")
def silences_end(
    silence: Annotated[str, typer.Argument(help="Its id, such as S3.")],
    by: Annotated[str, typer.Option(help="Who ends it, for the audit log.")] = "cli",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """End a silence now."""
    from bot.cli.silences import end

    end(silence, by, as_json=as_json)


@nlu.command("train")
def nlu_train() -> None:
    """Train the language model where its inputs changed."""
    from bot.cli.nlu import train

    train()


@nlu.command("review")
def nlu_review(
    take: Annotated[list[int] | None, typer.Option(help="Numbers to learn from.")] = None,
    drop: Annotated[list[int] | None, typer.Option(help="Numbers to forget.")] = None,
    *,
    only_list: Annotated[bool, typer.Option("--list", help="Only show what waits.")] = False,
) -> None:
    """Go through what people meant where they were not understood; learn what is taken."""
    from bot.cli.processes import settings
    from bot.cli.review import review

    review(settings(), take or (), drop or (), only_list=only_list)
