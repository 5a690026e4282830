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
app.add_typer(database, name="db")
app.add_typer(project, name="project")
app.add_typer(nlu, name="nlu")


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
