"""Runs a project's training script through the SageMaker training toolkit, as a framework container of AWS does.

The toolkit imports this module inside the image (`SAGEMAKER_TRAINING_MODULE=cooper_training:main`) and calls `main`; with
`capture_error` the script's own exception ends up in the failure file, and so in the job's FailureReason.
"""

from __future__ import annotations

from sagemaker_training import entry_point, environment, runner  # type: ignore[import-not-found]


def main() -> None:
    """Download the source, install what it asks for, and run its entry point."""
    training = environment.Environment()
    entry_point.run(
        uri=training.module_dir,
        user_entry_point=training.user_entry_point,
        args=training.to_cmd_args(),
        env_vars=training.to_env_vars(),
        runner_type=runner.ProcessRunnerType,
        capture_error=True,
    )
