"""The closed lists of the integrations app: imports, conflicts, providers, connections, syncs, readings."""

from django.db import models


class ImportSource(models.TextChoices):
    """The exports that can be read, by the name they have on the command line."""

    VERRA = "verra", "Verra (VCS)"
    GOLD_STANDARD = "gold-standard", "Gold Standard"
    ACR = "acr", "ACR"
    CAR = "car", "Climate Action Reserve"
    ART_TREES = "art-trees", "ART TREES"
    CERCARBONO = "cercarbono", "Cercarbono"
    ISOMETRIC = "isometric", "Isometric"
    PURO = "puro", "Puro.earth"
    BERKELEY = "berkeley", "Berkeley Voluntary Registry Offsets Database"
    CARB = "carb", "California (ARB offset credits)"


class ImportKind(models.TextChoices):
    """What an export tells about."""

    PROJECTS = "projects", "Projects"
    CREDITS = "credits", "Credits issued, retired and cancelled"


class ImportState(models.TextChoices):
    """How far an import is."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ConflictVerdict(models.TextChoices):
    """What a person found about two listings."""

    OPEN = "open", "Open"
    SAME = "same", "The same project"
    RELATED = "related", "Related, but not the same"
    DIFFERENT = "different", "Different projects"


class IntegrationCategory(models.TextChoices):
    """The categories that clients filter the catalogue by."""

    ENERGY = "energy", "Energy"
    AI = "ai", "AI"
    CLOUD = "cloud", "Cloud"
    TRANSPORT = "transport", "Transport"
    FINANCE = "finance", "Finance"
    ENTERPRISE = "enterprise", "Enterprise"
    MANUFACTURING = "manufacturing", "Manufacturing"
    RETAIL = "retail", "Retail"
    UTILITIES = "utilities", "Utilities"
    OTHER = "other", "Other"


class IntegrationType(models.TextChoices):
    """How data comes in from a provider."""

    OAUTH = "oauth", "OAuth 2"
    API_KEY = "api_key", "API key or password"
    FILE_UPLOAD = "file_upload", "File upload"
    MANUAL_ENTRY = "manual_entry", "Manual entry"
    WEBHOOK = "webhook", "Webhook"


class Availability(models.TextChoices):
    """Whether a provider lets its customers' data out, and to whom."""

    PUBLIC = "public", "Open to every customer"
    ON_REQUEST = "on_request", "The provider registers the operator's application on request"
    NONE = "none", "The provider offers no interface for customers"


class IntegrationStatus(models.TextChoices):
    """How far the integration itself is."""

    PRODUCTION = "production", "Production"
    BETA = "beta", "Beta"
    DEVELOPMENT = "development", "Development"


class SetupComplexity(models.TextChoices):
    """How hard connecting is for the person who does it."""

    EASY = "easy", "Easy"
    MEDIUM = "medium", "Medium"
    COMPLEX = "complex", "Complex"


class ConnectionStatus(models.TextChoices):
    """What clients are shown about a data source."""

    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    ERROR = "error", "Error"
    DISABLED = "disabled", "Disabled"


class ConnectionProblem(models.TextChoices):
    """Why a connection does not work, so that words and next steps can be found for it."""

    NONE = "", "None"
    CREDENTIALS_REFUSED = "credentials_refused", "The provider refused the credentials"
    CREDENTIALS_UNREADABLE = "credentials_unreadable", "The key that the credentials are encrypted with is gone"
    REAUTHORISATION_NEEDED = "reauthorisation_needed", "The provider asks for a new permission"
    PROVIDER_UNAVAILABLE = "provider_unavailable", "The provider does not answer or asks to wait"
    ANSWER_UNREADABLE = "answer_unreadable", "The provider answered what its contract does not say"
    NOTHING_FOUND = "nothing_found", "The account has no meter or usage to read"
    ERROR_BUDGET_SPENT = "error_budget_spent", "Paused after too many failures in a row"


class TokenAuthMethod(models.TextChoices):
    """How a client proves itself at a provider's token address (RFC 6749, 2.3)."""

    BASIC = "client_secret_basic", "Client id and secret in the Authorization header"
    POST = "client_secret_post", "Client id and secret in the body"
    NONE = "none", "No secret: a public client, by PKCE alone"


class SyncFrequency(models.TextChoices):
    """How often a connection is read."""

    HALF_HOURLY = "half_hourly", "Every half hour"
    HOURLY = "hourly", "Hourly"
    DAILY = "daily", "Daily"
    WEEKLY = "weekly", "Weekly"
    MANUAL = "manual", "Only when asked"


class SyncType(models.TextChoices):
    """What started a sync."""

    SCHEDULED = "scheduled", "Scheduled"
    MANUAL = "manual", "Manual"
    WEBHOOK = "webhook", "Webhook"
    UPLOAD = "upload", "Upload"


class SyncStatus(models.TextChoices):
    """How far a sync is, and how it ended; the contract names the last three."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCESS = "success", "Success"
    PARTIAL = "partial", "Partial: some records were rejected"
    ERROR = "error", "Error"


class ReadingType(models.TextChoices):
    """What an activity reading measures."""

    ELECTRICITY = "electricity_consumption", "Electricity used"
    ELECTRICITY_EXPORT = "electricity_export", "Electricity given to the grid"
    GAS = "gas_consumption", "Natural gas used"
    FUEL = "fuel_consumption", "Fuel used"
    HEAT = "heat_consumption", "Heat or steam bought"
    WATER = "water_consumption", "Water used"
    TRAVEL = "travel_distance", "Distance travelled"
    FREIGHT = "freight_distance", "Goods moved over a distance"
    WASTE = "waste_mass", "Waste given away"
    REFRIGERANT = "refrigerant_loss", "Refrigerant lost"
    STAY = "hotel_stay", "Nights in hotels"
    HOMEWORKING = "homeworking_hours", "Hours worked at home"
    AI_USAGE = "ai_usage", "Output of language models"
    OTHER = "other_activity", "Another activity"


class ReadingQuality(models.TextChoices):
    """How good a reading is, in the words of the GHG Protocol's data quality."""

    MEASURED = "measured", "Measured"
    ESTIMATED = "estimated", "Estimated"
    ENTERED = "entered", "Entered by hand"


class UploadStatus(models.TextChoices):
    """How far an uploaded file is, in the words of the contract."""

    UPLOADED = "uploaded", "Uploaded, to be confirmed"
    PROCESSING = "processing", "Processing"
    PROCESSED = "processed", "Processed"
    ERROR = "error", "Error"


class ReadingInterval(models.TextChoices):
    """How long each row of a file lasts where it has no column for the end."""

    QUARTER_HOUR = "15min", "15 minutes"
    HALF_HOUR = "30min", "30 minutes"
    HOUR = "hour", "One hour"
    DAY = "day", "One day"
    MONTH = "month", "One month"


class DateFormat(models.TextChoices):
    """In which order a file writes the parts of a date; the time of day follows it."""

    ISO = "YYYY-MM-DD", "2025-12-31"
    SLASHED_ISO = "YYYY/MM/DD", "2025/12/31"
    DAY_FIRST = "DD/MM/YYYY", "31/12/2025"
    MONTH_FIRST = "MM/DD/YYYY", "12/31/2025"
    DOTTED = "DD.MM.YYYY", "31.12.2025"
    DASHED = "DD-MM-YYYY", "31-12-2025"


class InboxChannel(models.TextChoices):
    """At which address a webhook came in."""

    GENERIC = "generic", "A source's own address"
    OCTOPUS_ENERGY = "octopus-energy", "Octopus Energy"
    BRITISH_GAS = "british-gas", "British Gas"


class InboxStatus(models.TextChoices):
    """How far a received webhook is."""

    RECEIVED = "received", "Received"
    PROCESSED = "processed", "Processed"
    FAILED = "failed", "Failed"


class EndpointStatus(models.TextChoices):
    """Whether a subscriber is told."""

    ACTIVE = "active", "Active"
    DISABLED = "disabled", "Disabled"


class OutboxStatus(models.TextChoices):
    """How far a delivery to a subscriber is."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class WebhookEventType(models.TextChoices):
    """What subscribers can be told of; names are never reused for something else."""

    PROJECT_PUBLISHED = "project.published", "A project was published or hidden"
    PROJECT_MOVED = "project.moved", "A published project moved in its lifecycle"
    CREDITS_ISSUED = "credits.issued", "Credits of a published project were issued"
    CREDITS_RETIRED = "credits.retired", "Credits were retired"
    CREDITS_CANCELLED = "credits.cancelled", "Credits were cancelled"
    SYNC_FINISHED = "sync.finished", "One of the subscriber's data sources was read"
    SYNC_FAILED = "sync.failed", "One of the subscriber's data sources could not be read"
    UPLOAD_PROCESSED = "upload.processed", "One of the subscriber's files was processed"
    EMISSIONS_OFFSET = "emissions.offset", "Emissions of the subscriber's were offset"
    TEST = "webhook.test", "The test button was pressed"
