"""The local stand-in for AWS: SageMaker that really trains and serves, with S3, CloudWatch and the rest beside it."""

from infra.local.aws.starter import running

__all__ = ["running"]
