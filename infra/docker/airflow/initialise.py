"""Runs once before Airflow's services: migrates its database and writes the file of its users' passwords."""

import json
import os
import subprocess
from pathlib import Path


def main() -> None:
    """Write the passwords for the users that Airflow's own setting names, then migrate."""
    users = os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"].split(",")
    names = [user.partition(":")[0] for user in users]
    passwords = {name: os.environ[f"AIRFLOW_PASSWORD_{name.upper()}"] for name in names}
    path = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    path.touch(mode=0o600)
    path.write_text(json.dumps(passwords))
    subprocess.run(["airflow", "db", "migrate"], check=True)


if __name__ == "__main__":
    main()
