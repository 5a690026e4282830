"""The columns of the data, in one place for the scripts."""

TARGET = "visits"
HEALTH = ["excellent", "good", "fair", "poor"]
NUMERIC = [
    "log_coinsurance",
    "individual_deductible",
    "log_participation_incentive",
    "log_max_deductible",
    "physical_limitation",
    "chronic_diseases",
]
CATEGORICAL = ["self_rated_health"]
FEATURES = NUMERIC + CATEGORICAL
