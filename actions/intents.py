"""Conversation intents beside the commands."""

from actions.spec import Intent

INTENTS: tuple[Intent, ...] = (
    Intent(
        "greet",
        ("hi", "hello", "hey cooper", "good morning", "hi there", "hey", "morning"),
        reply="Hello! Tell me what to train, deploy or show, or say *help*.",
    ),
    Intent(
        "thank",
        ("thanks", "thank you", "thx cooper", "great, thanks", "much appreciated", "cheers"),
        reply="You're welcome.",
    ),
    Intent("affirm", ("yes", "yep", "go ahead", "do it", "confirm", "sure", "ok", "sounds good")),
    Intent("deny", ("no", "nope", "don't", "rather not", "no thanks", "not now")),
    Intent(
        "cancel",
        ("cancel", "never mind", "forget it", "stop asking", "leave it", "drop it", "abort that"),
    ),
    Intent(
        "inform",
        (
            "[claims-frequency](project)",
            "[fraud](project)",
            "[staging](environment)",
            "in [prod](environment)",
            "[v7](version)",
            "on [2 gpus](gpu_count)",
            "[ml.g5.xlarge](instance_type)",
            "[4 hours](duration)",
            "[R42](run)",
            "[run 7](run)",
        ),
    ),
    Intent(
        "correct",
        (
            "no, make that [4 gpus](gpu_count)",
            "actually [staging](environment)",
            "no, [fraud](project)",
            "sorry, I meant [v6](version)",
            "make it [production](environment) instead",
            "change that to [ml.m5.xlarge](instance_type)",
        ),
    ),
)
