"""Words of which values for training sentences are made up; nobody's project, person or data set."""

TOPICS = (
    "claims", "fraud", "churn", "lapse", "pricing", "renewal", "hail", "fleet", "credit", "basket",
    "demand", "ad", "customer", "policy", "storm", "motor", "health", "travel", "supplier",
    "energy", "price", "image", "text", "search", "ranking", "sensor", "yield", "stock", "invoice",
    "quote", "retention", "upsell", "anomaly", "telematics", "weather", "traffic", "patient",
    "loan", "night", "store", "route", "apartments", "baskets", "bikes", "blood", "bonus",
    "booking", "books", "brand", "bus", "cancel", "cargo", "cash", "cell", "charge", "clicks",
    "coffee", "consumption", "contract", "crop", "damage", "delay", "delivery", "dental", "device",
    "diamonds", "digits", "document", "donor", "dropout", "dwell", "email", "engine", "events",
    "exposure", "face", "fare", "flight", "flood", "flower", "freight", "furniture", "garage",
    "glass", "goods", "grid", "handwriting", "heart", "hotel", "income", "insect", "iris", "juice",
    "kidney", "laptop", "leaf", "lead", "leads", "length", "letter", "light", "machine",
    "magazine", "meter", "milk", "mobile", "movie", "music", "news", "noise", "nurse", "oil",
    "order", "orders", "parcel", "parking", "parts", "penguins", "phone", "photo", "plant",
    "player", "power", "premium", "product", "queue", "rain", "recipe", "reserve", "returns",
    "review", "reviews", "ride", "roof", "room", "rooms", "sales", "salary", "sentiment", "shelf",
    "shipping", "signal", "skin", "sleep", "song", "sound", "species", "spam", "speech", "student",
    "subsidence", "taxi", "tickets", "tile", "titanic", "tree", "trial", "tyre", "visitors",
    "voice", "water", "wind", "word", "mailing", "routing", "bidding", "underwriting", "lending",
    "billing", "staffing", "ageing", "rating", "hedging", "housing", "mortality", "solvency",
    "reserving", "renewal-pricing",
)  # fmt: skip

TASKS = (
    "frequency", "severity", "detection", "risk", "score", "scoring", "uplift", "forecast",
    "model", "clf", "ranker", "ctr", "affinity", "damage", "propensity", "value", "segments",
    "embedding", "classifier", "reg", "demand", "quality", "prediction", "estimator", "grader",
    "labels", "matcher", "parser", "profile", "pruner", "rater", "scanner", "sorter", "spotter",
    "tagger", "tracker", "usage", "volume", "watch",
)  # fmt: skip

SYLLABLES = (
    "ka", "lo", "mi", "ten", "zor", "bal", "quo", "rin", "dex", "fal", "ver", "tis", "mon", "gra",
    "pel", "shi", "ux", "nor", "vek", "tra", "lum", "bex", "cor", "dan",
)  # fmt: skip

NUMBERS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve",
    "sixteen", "twenty",
)  # fmt: skip

FAMILIES = (
    "m5", "m6i", "m7g", "c5", "c6i", "g4dn", "g5", "g6", "p3", "p4d", "p4de", "p5", "r5", "r6i",
    "t3", "trn1", "inf2", "c7g", "m5d", "g6e",
)  # fmt: skip

SIZES = (
    "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
    "24xlarge", "48xlarge",
)  # fmt: skip

COLUMNS = (
    "claim", "vehicle", "driver", "policy", "age", "amount", "count", "postcode", "region",
    "premium", "days", "since", "last", "first", "avg", "mean", "max", "min", "sum", "ratio", "is",
    "has", "num", "income", "credit", "score", "mileage", "brand", "fuel", "engine", "power",
    "weather", "temp", "rain", "sqm", "roof", "floor", "tenure", "payment", "late", "calls",
    "visits", "clicks", "channel", "agent", "broker", "risk", "bonus", "malus", "type", "year",
    "month", "hour", "weekday", "lag", "7d", "30d", "90d", "12m", "log", "zip", "lat", "lon",
    "bmi", "smoker", "diagnosis", "hospital", "garage", "repair", "cost", "fraud", "flag",
    "gender", "segment", "session", "device",
)  # fmt: skip

BOOKS = (
    "eda", "lab", "scratch", "playground", "sandbox", "analysis", "explore", "exploration", "dev",
    "test", "tmp", "demo", "features", "plots", "shap", "study", "prototype", "poc", "workshop",
    "gpu", "big", "dashboard", "labelling",
)  # fmt: skip

PEOPLE = (
    "ana", "ben", "chloe", "dmitri", "elena", "farid", "greta", "hugo", "ines", "jonas", "karim",
    "lena", "mateo", "nadia", "omar", "paula", "quentin", "rosa", "sven", "tomas", "ursula",
    "viktor", "wei", "xenia", "yusuf", "zoe", "priya", "anil", "maria", "john", "kate", "peter",
    "lucy", "mike", "sarah", "tim", "julia", "markus", "olga", "pierre", "aiko", "david", "emma",
    "noah", "sofia", "liam", "carla", "diego", "fatima", "igor", "joe", "amy", "rob", "nina",
    "eric",
)  # fmt: skip

CODENAMES = (
    "heron", "finch", "starling", "wren", "magpie", "puma", "otter", "badger", "marten", "fox",
    "lynx", "orca", "dolphin", "salmon", "trout", "beetle", "hornet", "cricket", "cedar", "spruce",
    "birch", "maple", "willow", "aspen", "laurel", "ivy", "clover", "fern", "thistle", "saffron",
    "basil", "ginger", "almond", "walnut", "olive", "mango", "papaya", "quartz", "topaz", "amber",
    "opal", "jade", "cobalt", "nickel", "copper", "zinc", "marble", "slate", "flint", "basalt",
    "coral", "pearl", "ember", "cinder", "comet", "nova", "orion", "vega", "lyra", "atlas",
    "titan", "hermes", "apollo", "athena", "juno", "freya", "thor", "loki", "odin", "merlin",
    "phoenix", "dragon", "griffin", "sphinx", "kraken", "harbor", "meadow", "prairie", "canyon",
    "glacier", "summit", "delta", "lagoon", "monsoon", "tempest", "breeze", "aurora", "equinox",
    "zenith", "horizon", "meridian", "lantern", "compass", "anchor", "beacon", "anvil", "hammer",
    "chisel", "lever", "piston", "turbine", "rotor", "valve", "gasket", "ratchet", "pulley",
    "spindle", "sonata", "fugue", "tango", "rumba", "waltz", "haiku", "sonnet", "ballad", "fable",
    "riddle", "puzzle", "mosaic", "origami", "kimono", "bazaar", "caravan", "nomad", "pilgrim",
    "velvet", "denim", "linen", "cotton", "indigo", "crimson", "scarlet", "violet", "ochre",
    "teal", "ivory", "ebony", "onyx", "silver", "golden", "bronze",
)  # fmt: skip

LINES = (
    "Motor", "Home", "Marine", "Cyber", "Life", "Travel", "Pet", "Liability", "Fleet", "Fire", "Legal", "Bond", "Cargo",
)  # fmt: skip

SHORT = ("MTPL", "PI", "AOI", "UK", "FR", "GLM", "XL", "SME", "B2C", "NLP", "ML", "QA", "ID", "DE")
