"""What a deployment tells Aporia. Runs in the environment of Aporia's SDK, without Airflow."""
