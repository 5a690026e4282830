-- Airflow's and MLflow's stores beside Cooper's own, which the image makes by POSTGRES_DB.
create database airflow;
create database mlflow;
