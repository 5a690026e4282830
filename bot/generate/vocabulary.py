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

THINGS = (
    "airport", "alarm", "ambulance", "anchor", "apple", "aquarium", "axle", "bakery", "ballot",
    "banana", "barley", "barrel", "basement", "bearing", "bed", "beer", "benefit", "bicycle", "bird",
    "biscuit", "blade", "blanket", "boat", "bolt", "bottle", "box", "brake", "branch", "bread", "brick",
    "bridge", "bucket", "budget", "building", "butter", "cable", "calf", "camera", "campaign", "candle",
    "canteen", "car", "card", "carpet", "castle", "catalogue", "cattle", "ceiling", "cellar", "chair",
    "cheese", "cherry", "chimney", "choir", "cinema", "circuit", "clinic", "clock", "cloud", "coach",
    "coal", "coast", "coat", "collar", "colour", "complaint", "concert", "concrete", "container",
    "cookie", "corn", "corridor", "coupon", "court", "cream", "crew", "crowd", "cup", "curtain",
    "customs", "cyclist", "dairy", "dam", "deer", "desk", "dinner", "dish", "ditch", "diver", "doctor",
    "dog", "donation", "door", "drain", "drill", "drum", "dust", "eagle", "ear", "egg", "elevator",
    "envelope", "exam", "exhibit", "expense", "eye", "fabric", "factory", "fan", "farm", "feather",
    "fence", "fever", "fibre", "field", "filter", "finger", "fire", "fish", "flag", "flour", "food",
    "foot", "forest", "fork", "fountain", "frame", "friction", "fruit", "fuel", "fund", "furnace",
    "fuse", "game", "garden", "gas", "gear", "gift", "glove", "goal", "goat", "grape", "grass",
    "gravel", "guest", "gym", "hair", "hammer", "hand", "harbour", "harvest", "hat", "hay", "hedge",
    "helmet", "herd", "highway", "hill", "honey", "horse", "hose", "house", "ice", "injury", "ink",
    "invoice", "iron", "island", "jacket", "jar", "judge", "jury", "kettle", "key", "kitchen", "knee",
    "ladder", "lake", "lamp", "lane", "lawn", "leak", "leather", "lemon", "lift", "lighthouse", "line",
    "lobby", "locker", "lorry", "lunch", "lung", "mail", "map", "market", "mask", "meadow", "meal",
    "meat", "medal", "melon", "member", "menu", "mine", "mirror", "money", "moon", "mortgage",
    "motorway", "mouse", "museum", "mushroom", "nail", "neck", "needle", "nest", "net", "noodle", "nut",
    "ocean", "office", "onion", "orange", "oven", "owner", "packet", "paint", "pallet", "paper", "park",
    "party", "passenger", "passport", "pasta", "path", "pavement", "pear", "pedal", "pen", "pension",
    "pepper", "pest", "piano", "pig", "pilot", "pipe", "pitch", "plane", "plate", "plug", "pole",
    "pond", "pool", "port", "potato", "powder", "prescription", "press", "prison", "prize", "pulse",
    "pump", "puppy", "rabbit", "race", "radar", "radio", "rail", "receipt", "rent", "repair", "rice",
    "ring", "river", "road", "robot", "rocket", "rope", "rose", "rubber", "rug", "sail", "salad",
    "salmon", "salt", "sand", "school", "scooter", "screen", "screw", "sea", "season", "seed", "sewer",
    "shadow", "sheep", "ship", "shirt", "shoe", "shop", "shower", "sign", "silk", "sink", "skirt",
    "sky", "slope", "snow", "soap", "soil", "solar", "soup", "spring", "stadium", "stair", "stamp",
    "star", "station", "steam", "steel", "stone", "street", "sugar", "suit", "sun", "supper", "swimmer",
    "table", "tape", "tax", "tea", "teacher", "tennis", "tent", "theatre", "thief", "tide", "timber",
    "toast", "toilet", "tomato", "tool", "tooth", "tourist", "towel", "tower", "toy", "track",
    "tractor", "trailer", "tram", "treatment", "truck", "tunnel", "turkey", "uniform", "valley", "van",
    "vehicle", "vineyard", "voter", "waiter", "wall", "warehouse", "waste", "watch", "wave", "wheat",
    "wheel", "window", "wire", "wolf", "wood", "wool", "worker", "yard",
)  # fmt: skip
"""Plain words of which names of several words are made."""

HAPPENINGS = (
    "abuse", "accident", "admission", "alignment", "attendance", "auction", "balance", "blockage",
    "booking", "break", "burst", "cleaning", "closure", "collapse", "collection", "collision",
    "congestion", "contact", "corrosion", "count", "crack", "crash", "deposit", "dispute", "downtime",
    "dropoff", "entry", "escape", "exchange", "expiry", "failure", "fall", "fault", "fee", "finder",
    "flow", "growth", "handover", "height", "hire", "humidity", "impact", "inspection", "intake", "jam",
    "landing", "length", "loss", "lottery", "match", "mix", "movement", "occupancy", "outage",
    "overflow", "overrun", "peak", "pickup", "planner", "pricing", "rank", "reader", "recall", "refund",
    "rejection", "rescue", "reservation", "response", "ripeness", "rush", "safety", "sale", "shortage",
    "signup", "size", "slot", "sorting", "spill", "split", "spread", "stock", "strike", "supply",
    "swap", "temperature", "theft", "timing", "turnout", "turnover", "upgrade", "vacancy", "velocity",
    "vibration", "visit", "wait", "walk", "warranty", "width", "withdrawal", "workload", "worth",
)  # fmt: skip

OURS = (
    "run", "train", "stop", "start", "model", "alert", "cost", "test", "score", "stage", "data", "order",
    "version", "shift", "call", "offer", "price", "tag", "item", "chain", "cart", "return", "reply", "share",
    "drift", "feature", "digest", "request", "release", "launch", "check", "watch", "watcher", "mover", "guess",
    "switch", "trial", "spot", "schedule", "notebook", "scale", "view", "look", "log", "open", "close", "report",
)  # fmt: skip
"""Words of the platform, and such that are verbs as well, of which names are made too: "milk run", "full train"."""

QUALITIES = (
    "bad", "big", "black", "blocked", "blue", "broken", "busy", "cheap", "clean", "clear", "damp",
    "dark", "dead", "deep", "dirty", "double", "dry", "dynamic", "early", "easy", "empty", "false",
    "fast", "flat", "free", "fresh", "frozen", "full", "good", "green", "hard", "heavy", "hidden",
    "high", "hot", "idle", "large", "left", "light", "local", "long", "loose", "lost", "loud", "low",
    "main", "missing", "mobile", "paid", "private", "public", "quick", "quiet", "random", "rare", "raw",
    "red", "round", "sharp", "short", "sick", "silent", "slow", "small", "smart", "soft", "solid",
    "spare", "stolen", "strong", "sweet", "tall", "thin", "tired", "top", "true", "unpaid", "upper",
    "used", "warm", "weak", "wet", "white", "wide", "wild", "young", "yellow", "late", "cold", "next",
    "first", "last", "second", "third", "open", "closed", "best", "worst", "single", "half", "whole",
    "extra", "new", "old", "near", "far", "daily", "nightly", "weekly", "hourly", "returning", "waiting",
    "moving", "sleeping", "sinking", "rising", "falling", "melting", "folded", "parked", "packed",
    "sold", "unsold", "booked", "unread", "unseen", "overdue", "expired", "delayed", "stuck", "locked",
    "shared", "rented", "printed", "spoilt", "ripe", "sour", "salty", "tiny", "huge", "narrow", "steep",
    "rough", "smooth", "bright", "faint", "calm", "angry", "happy", "sad", "lazy", "fair", "odd", "even",
    "plain", "rich", "poor", "safe", "risky", "sudden", "steady", "urgent", "vacant", "likely",
)  # fmt: skip
