"""The one-stop window: applications, sites with their events and documents, slots, reviews, notices, fees.

Who sees a site: its carrier; the window it lies with, once sent; the office that owns the asset, once referred; offices
asked for a review. Rows of events and documents follow their site; what is said inside the offices stays there.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE procedure (
  procedure_id varchar(16) NOT NULL,
  content jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_procedure PRIMARY KEY (procedure_id)
);
CREATE TABLE organisation_procedure (
  organisation_id uuid NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  procedure_id varchar(16) NOT NULL,
  variation jsonb NOT NULL,
  CONSTRAINT pk_organisation_procedure PRIMARY KEY (organisation_id, since),
  CONSTRAINT fk_organisation_procedure_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT fk_organisation_procedure_procedure_id_procedure FOREIGN KEY (procedure_id) REFERENCES procedure
);
CREATE TABLE office_closure (
  organisation_id uuid NOT NULL,
  day date NOT NULL,
  name text NOT NULL,
  CONSTRAINT pk_office_closure PRIMARY KEY (organisation_id, day),
  CONSTRAINT fk_office_closure_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
CREATE TABLE asset_route (
  owner_code varchar(6) NOT NULL,
  bureau text NOT NULL DEFAULT '',
  organisation_id uuid NOT NULL,
  CONSTRAINT pk_asset_route PRIMARY KEY (owner_code, bureau),
  CONSTRAINT fk_asset_route_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
CREATE TABLE fee_rule (
  fee_rule_id uuid NOT NULL DEFAULT gen_random_uuid(),
  organisation_id uuid NOT NULL,
  content jsonb NOT NULL,
  valid_from date NOT NULL,
  valid_to date,
  is_sample boolean NOT NULL DEFAULT false,
  CONSTRAINT pk_fee_rule PRIMARY KEY (fee_rule_id),
  CONSTRAINT fk_fee_rule_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT ck_fee_rule_term CHECK (valid_to >= valid_from)
);
CREATE INDEX ix_fee_rule_organisation_id ON fee_rule (organisation_id);
CREATE TABLE reservation_cap (
  municipality_code varchar(5) NOT NULL,
  most integer NOT NULL,
  CONSTRAINT pk_reservation_cap PRIMARY KEY (municipality_code),
  CONSTRAINT ck_reservation_cap_most CHECK (most >= 0)
);

CREATE TABLE application (
  application_id uuid NOT NULL DEFAULT gen_random_uuid(),
  organisation_id uuid NOT NULL,
  code varchar(12) NOT NULL,
  title text NOT NULL DEFAULT '',
  state text NOT NULL DEFAULT 'draft',
  plan jsonb NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  created_by uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  submitted_at timestamptz,
  cloned_from uuid,
  is_sample boolean NOT NULL DEFAULT false,
  CONSTRAINT pk_application PRIMARY KEY (application_id),
  CONSTRAINT uq_application_code UNIQUE (code),
  CONSTRAINT fk_application_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT fk_application_created_by_person FOREIGN KEY (created_by) REFERENCES person,
  CONSTRAINT ck_application_state CHECK (state IN ('draft', 'submitted', 'discarded'))
);
CREATE INDEX ix_application_organisation_id_updated_at ON application (organisation_id, updated_at);

CREATE TABLE site (
  site_id uuid NOT NULL DEFAULT gen_random_uuid(),
  application_id uuid NOT NULL,
  organisation_id uuid NOT NULL,
  carrier_name text NOT NULL,
  code varchar(16) NOT NULL,
  asset_id text NOT NULL,
  asset jsonb NOT NULL,
  geom geometry(POINT, 4326) NOT NULL,
  plan jsonb NOT NULL DEFAULT '{}',
  municipality_code varchar(5),
  owner_organisation_id uuid,
  window_organisation_id uuid,
  reviewer_organisations uuid[] NOT NULL DEFAULT '{}',
  procedure_id varchar(16) NOT NULL,
  state text NOT NULL DEFAULT 'draft',
  party text NOT NULL DEFAULT 'carrier',
  stage text NOT NULL DEFAULT 'draft',
  resume_state text,
  resume_days integer,
  version integer NOT NULL DEFAULT 1,
  last_n integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  submitted_at timestamptz,
  referred_at timestamptz,
  state_since timestamptz NOT NULL DEFAULT now(),
  started_on date,
  due_on date,
  decided_on date,
  reason_code text,
  reason text,
  reopen_on date,
  correction jsonb,
  review_rule jsonb,
  assigned_to uuid,
  reviewer_id uuid,
  permit jsonb,
  permit_to date,
  on_air_on date,
  station_id text,
  shares_with uuid,
  is_sample boolean NOT NULL DEFAULT false,
  due_key date GENERATED ALWAYS AS (coalesce(due_on, '9999-12-31'::date)) STORED,
  search_text text GENERATED ALWAYS AS (code || ' ' || asset_id || ' ' || carrier_name || ' ' || coalesce(asset->>'name', '')
    || ' ' || coalesce(asset->>'address', '')) STORED,
  CONSTRAINT pk_site PRIMARY KEY (site_id),
  CONSTRAINT uq_site_code UNIQUE (code),
  CONSTRAINT fk_site_application_id_application FOREIGN KEY (application_id) REFERENCES application,
  CONSTRAINT fk_site_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT fk_site_owner_organisation_id_organisation FOREIGN KEY (owner_organisation_id) REFERENCES organisation,
  CONSTRAINT fk_site_window_organisation_id_organisation FOREIGN KEY (window_organisation_id) REFERENCES organisation,
  CONSTRAINT fk_site_procedure_id_procedure FOREIGN KEY (procedure_id) REFERENCES procedure,
  CONSTRAINT fk_site_assigned_to_person FOREIGN KEY (assigned_to) REFERENCES person,
  CONSTRAINT fk_site_reviewer_id_person FOREIGN KEY (reviewer_id) REFERENCES person,
  CONSTRAINT fk_site_shares_with_site FOREIGN KEY (shares_with) REFERENCES site,
  CONSTRAINT ck_site_party CHECK (party IN ('carrier', 'window', 'owner', 'nobody'))
);
COMMENT ON COLUMN site.asset IS 'The asset as it was when the site was chosen';
COMMENT ON COLUMN site.correction IS 'Items the carrier is asked to mend, while it is';
COMMENT ON COLUMN site.version IS 'Moves with each change of the case; the ETag';
COMMENT ON COLUMN site.last_n IS 'Number of the last event';
CREATE INDEX ix_site_application_id ON site (application_id);
CREATE INDEX ix_site_asset_id ON site (asset_id);
CREATE INDEX ix_site_organisation_id_party_due_key ON site (organisation_id, party, due_key, site_id) WHERE stage NOT IN ('end', 'draft');
CREATE INDEX ix_site_window_organisation_id_party_due_key ON site (window_organisation_id, party, due_key, site_id) WHERE stage NOT IN ('end', 'draft');
CREATE INDEX ix_site_owner_organisation_id_party_due_key ON site (owner_organisation_id, party, due_key, site_id) WHERE stage NOT IN ('end', 'draft') AND referred_at IS NOT NULL;
CREATE INDEX ix_site_organisation_id_updated_at ON site (organisation_id, updated_at);
CREATE INDEX ix_site_window_organisation_id_updated_at ON site (window_organisation_id, updated_at);
CREATE INDEX ix_site_owner_organisation_id_updated_at ON site (owner_organisation_id, updated_at);
CREATE INDEX ix_site_owner_organisation_id_decided_on ON site (owner_organisation_id, decided_on) WHERE decided_on IS NOT NULL;
CREATE INDEX ix_site_organisation_id_due_key ON site (organisation_id, due_key, site_id);
CREATE INDEX ix_site_window_organisation_id_due_key ON site (window_organisation_id, due_key, site_id);
CREATE INDEX ix_site_owner_organisation_id_due_key ON site (owner_organisation_id, due_key, site_id) WHERE referred_at IS NOT NULL;
CREATE INDEX ix_site_reviewer_organisations ON site USING gin (reviewer_organisations);
CREATE INDEX ix_site_due_on ON site (due_on) WHERE due_on IS NOT NULL;
CREATE INDEX ix_site_permit_to ON site (permit_to) WHERE permit_to IS NOT NULL;
CREATE INDEX ix_site_search_text ON site USING gin (search_text gin_trgm_ops);
CREATE INDEX ix_site_geom ON site USING gist (geom);

CREATE TABLE site_event (
  site_id uuid NOT NULL,
  n integer NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  action text NOT NULL,
  from_state text,
  to_state text,
  party text NOT NULL,
  audience text NOT NULL DEFAULT 'all',
  person_id uuid,
  person_name text,
  organisation_id uuid,
  organisation_name text,
  comment text,
  content jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT pk_site_event PRIMARY KEY (site_id, n),
  CONSTRAINT fk_site_event_site_id_site FOREIGN KEY (site_id) REFERENCES site,
  CONSTRAINT ck_site_event_audience CHECK (audience IN ('all', 'inside', 'carrier'))
);
COMMENT ON COLUMN site_event.audience IS 'all: every party; inside: window and offices; carrier: the carrier alone';

CREATE TABLE document (
  document_id uuid NOT NULL DEFAULT gen_random_uuid(),
  application_id uuid NOT NULL,
  site_id uuid,
  document_type text NOT NULL,
  version integer NOT NULL,
  file_name text NOT NULL,
  media_type text NOT NULL,
  byte_count bigint NOT NULL,
  sha256 varchar(64) NOT NULL,
  pages integer,
  thumbnail bytea,
  audience text NOT NULL DEFAULT 'all',
  is_generated boolean NOT NULL DEFAULT false,
  person_id uuid,
  organisation_id uuid,
  organisation_name text,
  added_at timestamptz NOT NULL DEFAULT now(),
  withdrawn_at timestamptz,
  CONSTRAINT pk_document PRIMARY KEY (document_id),
  CONSTRAINT fk_document_application_id_application FOREIGN KEY (application_id) REFERENCES application,
  CONSTRAINT fk_document_site_id_site FOREIGN KEY (site_id) REFERENCES site,
  CONSTRAINT ck_document_audience CHECK (audience IN ('all', 'inside'))
);
COMMENT ON COLUMN document.site_id IS 'Null: of the whole application';
CREATE UNIQUE INDEX uq_document_version ON document (application_id, coalesce(site_id, application_id), document_type, version);
CREATE INDEX ix_document_site_id ON document (site_id);
CREATE TABLE document_content (
  document_id uuid NOT NULL,
  content bytea NOT NULL,
  CONSTRAINT pk_document_content PRIMARY KEY (document_id),
  CONSTRAINT fk_document_content_document_id_document FOREIGN KEY (document_id) REFERENCES document ON DELETE CASCADE
);
ALTER TABLE document_content ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE review (
  review_id uuid NOT NULL DEFAULT gen_random_uuid(),
  site_id uuid NOT NULL,
  round integer NOT NULL,
  organisation_id uuid NOT NULL,
  organisation_name text NOT NULL,
  question text NOT NULL,
  asked_by uuid,
  asked_at timestamptz NOT NULL DEFAULT now(),
  due_on date NOT NULL,
  answer text,
  comment text,
  answered_by uuid,
  answered_at timestamptz,
  cancelled_at timestamptz,
  CONSTRAINT pk_review PRIMARY KEY (review_id),
  CONSTRAINT uq_review_site_id_round_organisation_id UNIQUE (site_id, round, organisation_id),
  CONSTRAINT fk_review_site_id_site FOREIGN KEY (site_id) REFERENCES site,
  CONSTRAINT fk_review_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT ck_review_answer CHECK (answer IN ('yes', 'yes_with_conditions', 'no'))
);
CREATE INDEX ix_review_organisation_id_due_on ON review (organisation_id, due_on) WHERE answer IS NULL;

CREATE TABLE slot_reservation (
  reservation_id uuid NOT NULL DEFAULT gen_random_uuid(),
  asset_id text NOT NULL,
  slot integer NOT NULL,
  site_id uuid NOT NULL,
  organisation_id uuid NOT NULL,
  municipality_code varchar(5),
  reserved_at timestamptz NOT NULL DEFAULT now(),
  until_on date,
  is_on_air boolean NOT NULL DEFAULT false,
  released_at timestamptz,
  CONSTRAINT pk_slot_reservation PRIMARY KEY (reservation_id),
  CONSTRAINT fk_slot_reservation_site_id_site FOREIGN KEY (site_id) REFERENCES site
);
COMMENT ON COLUMN slot_reservation.until_on IS 'Last day it is kept; null: held by a permit until released';
CREATE UNIQUE INDEX uq_slot_reservation_slot ON slot_reservation (asset_id, slot) WHERE released_at IS NULL;
CREATE UNIQUE INDEX uq_slot_reservation_site ON slot_reservation (site_id) WHERE released_at IS NULL;
CREATE INDEX ix_slot_reservation_organisation_id ON slot_reservation (organisation_id) WHERE released_at IS NULL;
CREATE INDEX ix_slot_reservation_until_on ON slot_reservation (until_on) WHERE released_at IS NULL;

CREATE TABLE sharing_offer (
  offer_id uuid NOT NULL DEFAULT gen_random_uuid(),
  site_id uuid NOT NULL,
  with_site_id uuid NOT NULL,
  offered_by uuid,
  offered_at timestamptz NOT NULL DEFAULT now(),
  names_shown boolean NOT NULL DEFAULT false,
  asker_answer boolean,
  holder_answer boolean,
  closed_at timestamptz,
  CONSTRAINT pk_sharing_offer PRIMARY KEY (offer_id),
  CONSTRAINT fk_sharing_offer_site_id_site FOREIGN KEY (site_id) REFERENCES site,
  CONSTRAINT fk_sharing_offer_with_site_id_site FOREIGN KEY (with_site_id) REFERENCES site
);
CREATE UNIQUE INDEX uq_sharing_offer_open ON sharing_offer (site_id) WHERE closed_at IS NULL;
CREATE INDEX ix_sharing_offer_with_site_id ON sharing_offer (with_site_id);

CREATE TABLE asset_feedback (
  feedback_id uuid NOT NULL DEFAULT gen_random_uuid(),
  site_id uuid NOT NULL,
  asset_id text NOT NULL,
  field text NOT NULL,
  value jsonb NOT NULL,
  before jsonb,
  reason text,
  proposed_at timestamptz NOT NULL DEFAULT now(),
  decided_at timestamptz,
  decided_by uuid,
  is_confirmed boolean,
  CONSTRAINT pk_asset_feedback PRIMARY KEY (feedback_id),
  CONSTRAINT fk_asset_feedback_site_id_site FOREIGN KEY (site_id) REFERENCES site
);
CREATE INDEX ix_asset_feedback_site_id ON asset_feedback (site_id);

CREATE TABLE notice (
  notice_id uuid NOT NULL DEFAULT gen_random_uuid(),
  person_id uuid NOT NULL,
  organisation_id uuid NOT NULL,
  site_id uuid NOT NULL,
  n integer NOT NULL,
  kind text NOT NULL,
  mail text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  read_at timestamptz,
  mailed_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  failure text,
  given_up_at timestamptz,
  CONSTRAINT pk_notice PRIMARY KEY (notice_id),
  CONSTRAINT uq_notice_person_id_site_id_n_kind UNIQUE (person_id, site_id, n, kind),
  CONSTRAINT fk_notice_person_id_person FOREIGN KEY (person_id) REFERENCES person,
  CONSTRAINT fk_notice_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT fk_notice_site_id_site FOREIGN KEY (site_id) REFERENCES site,
  CONSTRAINT ck_notice_mail CHECK (mail IN ('immediate', 'digest', 'none'))
);
COMMENT ON COLUMN notice.n IS 'The event it tells of; for reminders the day counted since 2000-01-01';
CREATE INDEX ix_notice_person_id_created_at ON notice (person_id, created_at);
CREATE INDEX ix_notice_unsent ON notice (mail, created_at) WHERE mailed_at IS NULL AND given_up_at IS NULL AND mail <> 'none';
CREATE TABLE notice_setting (
  person_id uuid NOT NULL,
  mail text NOT NULL,
  CONSTRAINT pk_notice_setting PRIMARY KEY (person_id),
  CONSTRAINT fk_notice_setting_person_id_person FOREIGN KEY (person_id) REFERENCES person,
  CONSTRAINT ck_notice_setting_mail CHECK (mail IN ('immediate', 'digest', 'none'))
);
CREATE TABLE webhook (
  webhook_id uuid NOT NULL DEFAULT gen_random_uuid(),
  organisation_id uuid NOT NULL,
  url text NOT NULL,
  secret text NOT NULL,
  created_by uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz,
  CONSTRAINT pk_webhook PRIMARY KEY (webhook_id),
  CONSTRAINT fk_webhook_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
COMMENT ON COLUMN webhook.secret IS 'Signs what is sent (Standard Webhooks); shown once';
CREATE TABLE webhook_delivery (
  delivery_id uuid NOT NULL DEFAULT gen_random_uuid(),
  webhook_id uuid NOT NULL,
  organisation_id uuid NOT NULL,
  site_id uuid NOT NULL,
  n integer NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT now(),
  status integer,
  failure text,
  delivered_at timestamptz,
  given_up_at timestamptz,
  CONSTRAINT pk_webhook_delivery PRIMARY KEY (delivery_id),
  CONSTRAINT uq_webhook_delivery_webhook_id_site_id_n UNIQUE (webhook_id, site_id, n),
  CONSTRAINT fk_webhook_delivery_webhook_id_webhook FOREIGN KEY (webhook_id) REFERENCES webhook ON DELETE CASCADE,
  CONSTRAINT fk_webhook_delivery_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation,
  CONSTRAINT fk_webhook_delivery_site_id_site FOREIGN KEY (site_id) REFERENCES site
);
CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (next_at) WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX ix_webhook_delivery_organisation_id_created_at ON webhook_delivery (organisation_id, created_at);
CREATE TABLE feed (
  feed_hash bytea NOT NULL,
  person_id uuid NOT NULL,
  organisation_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  CONSTRAINT pk_feed PRIMARY KEY (feed_hash),
  CONSTRAINT fk_feed_person_id_person FOREIGN KEY (person_id) REFERENCES person,
  CONSTRAINT fk_feed_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
COMMENT ON COLUMN feed.feed_hash IS 'SHA-256 of the secret in the address of a calendar or news feed';
CREATE TABLE idempotency_key (
  organisation_id uuid NOT NULL,
  key varchar(200) NOT NULL,
  request_hash varchar(64) NOT NULL,
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT pk_idempotency_key PRIMARY KEY (organisation_id, key),
  CONSTRAINT fk_idempotency_key_organisation_id_organisation FOREIGN KEY (organisation_id) REFERENCES organisation
);
"""

# Looked up once a statement, not once a row: `(SELECT …)` makes the context an init plan.
ME, SERVICE = "(SELECT ctx_organisation())", "(SELECT ctx_duty('worker', 'command-line'))"


def _may(permission: str) -> str:
    return f"(SELECT ctx_may('{permission}'))"


INSIDE = f"({_may('cases:window')} OR {_may('cases:review')} OR {SERVICE})"
OWN_DRAFTS = f"(organisation_id = {ME} AND {_may('applications:write')})"
SITE = f"""(
  (organisation_id = {ME} AND {_may("cases:read")})
  OR ({_may("cases:window")} AND submitted_at IS NOT NULL AND (window_organisation_id = {ME} OR window_organisation_id IS NULL))
  OR ({_may("cases:review")} AND referred_at IS NOT NULL AND owner_organisation_id = {ME})
  OR {SERVICE})"""
REVIEWER = f"({_may('cases:review')} AND reviewer_organisations @> ARRAY[{ME}])"
OF_SITE = "EXISTS (SELECT FROM site s WHERE s.site_id = {table}.site_id)"
OF_CASE = (
    "CASE WHEN site_id IS NULL THEN EXISTS (SELECT FROM application a WHERE a.application_id = {table}.application_id)"
    f" ELSE {OF_SITE} END"
)
HEARD = f"(audience = 'all' OR (audience = 'inside' AND {INSIDE}) OR (audience = 'carrier' AND {_may('applications:write')}))"
OFFICE = "organisation_id = (SELECT ctx_organisation()) AND (SELECT ctx_may('cases:review'))"
MINE = "person_id = (SELECT ctx_person())"
HOOKS = f"((organisation_id = {ME} AND {_may('webhooks:manage')}) OR {SERVICE})"
SETTING = f"({_may('cases:window')} OR {SERVICE})"

# table → [(policy, command, rows)], with the rights the application gets
POLICIES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "procedure": ("SELECT, INSERT", [("see", "SELECT", "true"), ("add", "INSERT", "true")]),
    "organisation_procedure": (
        "SELECT, INSERT",
        [("see", "SELECT", "true"), ("add", "INSERT", f"({OFFICE}) OR {SERVICE}")],
    ),
    "office_closure": (
        "SELECT, INSERT, UPDATE, DELETE",
        [("see", "SELECT", "true"), ("own", "ALL", f"({OFFICE}) OR {SETTING}")],
    ),
    "asset_route": ("SELECT, INSERT, UPDATE, DELETE", [("see", "SELECT", "true"), ("own", "ALL", SETTING)]),
    "fee_rule": (
        "SELECT, INSERT, UPDATE, DELETE",
        [("see", "SELECT", "true"), ("own", "ALL", f"({OFFICE}) OR {SERVICE}")],
    ),
    "reservation_cap": ("SELECT, INSERT, UPDATE, DELETE", [("see", "SELECT", "true"), ("own", "ALL", SETTING)]),
    "application": (
        "SELECT, INSERT, UPDATE",
        [
            (
                "see", "SELECT",
                f"(organisation_id = {ME} AND {_may('cases:read')}) OR {SERVICE}"
                " OR (state = 'submitted' AND EXISTS (SELECT FROM site s WHERE s.application_id = application.application_id))",
            ),
            ("add", "INSERT", f"{OWN_DRAFTS} OR {SERVICE}"),
            ("change", "UPDATE", f"{OWN_DRAFTS} OR {SERVICE}"),
        ],
    ),
    "site": (
        "SELECT, INSERT, UPDATE, DELETE",
        [
            ("see", "SELECT", f"{SITE} OR {REVIEWER}"),
            ("add", "INSERT", f"{OWN_DRAFTS} OR {SERVICE}"),
            ("change", "UPDATE", SITE),
            ("drop", "DELETE", f"{OWN_DRAFTS} AND state = 'draft'"),
        ],
    ),
    "site_event": ("SELECT", [("see", "SELECT", f"{HEARD} AND {OF_SITE}")]),
    "document": (
        "SELECT, INSERT, UPDATE",
        [
            (
                "see", "SELECT", f"(audience = 'all' OR {INSIDE}) AND {OF_CASE}",
            ),
            ("add", "INSERT", f"(organisation_id = {ME} OR {SERVICE}) AND {OF_CASE}"),
            ("change", "UPDATE", f"(organisation_id = {ME} OR {SERVICE}) AND {OF_CASE}"),
        ],
    ),
    "document_content": (
        "SELECT, INSERT",
        [("own", "ALL", "EXISTS (SELECT FROM document d WHERE d.document_id = document_content.document_id)")],
    ),
    "review": (
        "SELECT, INSERT, UPDATE",
        [
            ("see", "SELECT", f"{INSIDE} AND {OF_SITE}"),
            ("add", "INSERT", f"({_may('cases:review')} OR {_may('cases:window')} OR {SERVICE}) AND {OF_SITE}"),
            ("change", "UPDATE", f"{INSIDE} AND {OF_SITE}"),
        ],
    ),
    "slot_reservation": ("SELECT", [("see", "SELECT", OF_SITE)]),
    "sharing_offer": (
        "SELECT, INSERT, UPDATE",
        [
            (
                "see", "SELECT",
                f"{OF_SITE} OR EXISTS (SELECT FROM site s WHERE s.site_id = sharing_offer.with_site_id)",
            ),
            ("add", "INSERT", SETTING),
            (
                "change", "UPDATE",
                f"{OF_SITE} OR EXISTS (SELECT FROM site s WHERE s.site_id = sharing_offer.with_site_id)",
            ),
        ],
    ),
    "asset_feedback": ("SELECT, INSERT, UPDATE", [("own", "ALL", f"{INSIDE} AND {OF_SITE}")]),
    "notice": (
        "SELECT, UPDATE",
        [("see", "SELECT", f"{MINE} OR {SERVICE}"), ("change", "UPDATE", f"{MINE} OR {SERVICE}")],
    ),
    "notice_setting": ("SELECT, INSERT, UPDATE", [("own", "ALL", f"{MINE} OR {SERVICE}")]),
    "webhook": ("SELECT, INSERT, UPDATE, DELETE", [("own", "ALL", HOOKS)]),
    "webhook_delivery": ("SELECT, INSERT, UPDATE", [("own", "ALL", HOOKS)]),
    "feed": (
        "SELECT, INSERT, UPDATE",
        [("own", "ALL", f"{MINE} OR (SELECT ctx_duty('sign-in', 'command-line'))")],
    ),
    "idempotency_key": (
        "SELECT, INSERT, UPDATE, DELETE",
        [("own", "ALL", f"organisation_id = {ME} OR {SERVICE}")],
    ),
}  # fmt: skip

# Functions below run as the owner, who must pass the forced policies of what they touch.
WHOLE = (
    "site", "site_event", "slot_reservation", "notice", "notice_setting", "webhook", "webhook_delivery", "application",
    "asset_feedback", "sharing_offer", "membership", "person", "organisation",
)  # fmt: skip

FUNCTIONS = """
-- The next event of a site, whoever may see it writes it; numbers are unbroken because the site's row is locked.
CREATE FUNCTION add_site_event(
  of_site uuid, action text, from_state text, to_state text, party text, audience text, person_name text,
  organisation_name text, comment text, content jsonb
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE next_n integer;
BEGIN
  UPDATE site SET last_n = last_n + 1 WHERE site_id = of_site RETURNING last_n INTO STRICT next_n;
  INSERT INTO site_event (site_id, n, action, from_state, to_state, party, audience, person_id, person_name,
    organisation_id, organisation_name, comment, content)
  VALUES (of_site, next_n, action, from_state, to_state, party, audience, ctx_person(), person_name,
    ctx_organisation(), organisation_name, comment, coalesce(content, '{}'));
  RETURN next_n;
END $$;

CREATE FUNCTION refuse_changed_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'site_event is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER site_event_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON site_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_event();

-- Slots of an asset nobody has (an asset whose slots nobody counted has one): what the register says is used (or stands there), less what stands there through us.
CREATE FUNCTION slots_free(asset text) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT coalesce(a.slots_total, 1)
    - greatest(
        coalesce(a.slots_used, 0)
          - (SELECT count(*) FROM slot_reservation r WHERE r.asset_id = asset AND r.released_at IS NULL AND r.is_on_air),
        (SELECT count(*) FROM station s WHERE s.asset_id = asset AND s.valid_to IS NULL AND s.status = 'on_air'
          AND s.source_id <> 'window-stations' AND NOT EXISTS (SELECT FROM site c JOIN slot_reservation r USING (site_id)
            WHERE c.asset_id = s.asset_id AND c.station_id = s.station_id AND r.released_at IS NULL)))
    - (SELECT count(*) FROM slot_reservation r WHERE r.asset_id = asset AND r.released_at IS NULL)
  FROM asset a WHERE a.asset_id = asset AND a.valid_to IS NULL
$$;

-- Reserve, prolong or (until_on null) hold a slot for a site. Answers 'kept', 'none' (no slot is free) or 'cap'.
CREATE FUNCTION reserve_slot(for_site uuid, keep_until date, today date, most integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s site;
  free_slot integer;
  area_cap integer;
BEGIN
  SELECT * INTO STRICT s FROM site WHERE site_id = for_site;
  -- Whoever asks for a slot of this asset waits here for the others who do.
  PERFORM pg_advisory_xact_lock(hashtext('slot ' || s.asset_id));
  UPDATE slot_reservation SET released_at = now()
    WHERE asset_id = s.asset_id AND released_at IS NULL AND until_on < today AND site_id <> for_site;
  -- What is held by a permit stays held, whatever its holder asks for besides.
  UPDATE slot_reservation SET until_on = CASE WHEN until_on IS NOT NULL THEN keep_until END
    WHERE site_id = for_site AND released_at IS NULL;
  IF FOUND THEN RETURN 'kept'; END IF;
  IF coalesce(slots_free(s.asset_id), 0) < 1 THEN RETURN 'none'; END IF;
  area_cap := coalesce((SELECT c.most FROM reservation_cap c WHERE c.municipality_code = s.municipality_code), most);
  IF keep_until IS NOT NULL AND area_cap <= (
    SELECT count(*) FROM slot_reservation r WHERE r.organisation_id = s.organisation_id
      AND r.municipality_code IS NOT DISTINCT FROM s.municipality_code AND r.released_at IS NULL AND r.until_on >= today
  ) THEN RETURN 'cap'; END IF;
  SELECT min(n) INTO free_slot FROM generate_series(1, 1000) n WHERE NOT EXISTS (
    SELECT FROM slot_reservation r WHERE r.asset_id = s.asset_id AND r.slot = n AND r.released_at IS NULL);
  INSERT INTO slot_reservation (asset_id, slot, site_id, organisation_id, municipality_code, until_on)
  VALUES (s.asset_id, free_slot, for_site, s.organisation_id, s.municipality_code, keep_until);
  RETURN 'kept';
END $$;

CREATE FUNCTION release_slot(for_site uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE slot_reservation SET released_at = now() WHERE site_id = for_site AND released_at IS NULL
$$;

CREATE FUNCTION occupy_slot(for_site uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE slot_reservation SET is_on_air = true WHERE site_id = for_site AND released_at IS NULL
$$;

-- Other live sites on the same asset: for the window, and for offices those referred to them; a carrier is told nothing.
CREATE FUNCTION rival_sites(of_site uuid) RETURNS TABLE (
  site_id uuid, code varchar, organisation_id uuid, carrier_name text, state text, has_slot boolean
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.site_id, r.code, r.organisation_id, r.carrier_name, r.state,
    EXISTS (SELECT FROM slot_reservation h WHERE h.site_id = r.site_id AND h.released_at IS NULL)
  FROM site s JOIN site r ON r.asset_id = s.asset_id AND r.site_id <> s.site_id
  WHERE s.site_id = of_site AND r.stage NOT IN ('draft', 'end')
    AND (ctx_may('cases:window') OR ctx_duty('worker', 'command-line')
      OR (ctx_may('cases:review') AND r.referred_at IS NOT NULL AND r.owner_organisation_id = ctx_organisation()))
$$;

-- The site that asks to share waits for its holder's answer, which may change it: taken in the order its own carrier takes.
CREATE FUNCTION lock_askers(holder uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM site WHERE site_id IN (SELECT o.site_id FROM sharing_offer o WHERE o.with_site_id = holder AND o.closed_at IS NULL)
    ORDER BY site_id FOR UPDATE;
END $$;

-- Both carriers have agreed: the one that asked goes onto the other's slot. Its row is not the other carrier's to change.
CREATE FUNCTION agree_to_share(offer uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE site SET shares_with = o.with_site_id, version = version + 1, updated_at = now()
  FROM sharing_offer o WHERE o.offer_id = offer AND o.asker_answer AND o.holder_answer AND site.site_id = o.site_id
$$;

-- Whether an asset is in the register, and how it is lent, until the transaction ends: a list published or undone meanwhile waits.
CREATE FUNCTION asset_in_force(asset text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_availability text;
BEGIN
  -- Each try sees what was published while the one before waited.
  FOR try IN 1..3 LOOP
    SELECT coalesce(a.availability, 'unknown') INTO found_availability FROM asset a
      WHERE a.asset_id = asset AND a.valid_to IS NULL FOR SHARE;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN found_availability;
END $$;

-- Amend the version of an asset in force. The hash stays that of the owner's list, so that sending the same list again
-- does not take the amendment back.
CREATE FUNCTION amend_asset(asset text, changes jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  old asset;
  new asset;
  at timestamptz := clock_timestamp();
BEGIN
  SELECT * INTO old FROM asset a WHERE a.asset_id = asset AND a.valid_to IS NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  new := jsonb_populate_record(old, changes);
  new.valid_from := at;
  UPDATE asset a SET valid_to = at WHERE a.version_id = old.version_id;
  EXECUTE (
    SELECT format('INSERT INTO asset (%1$s) SELECT %2$s', string_agg(quote_ident(attname), ', '),
      string_agg('($1).' || quote_ident(attname), ', '))
    FROM pg_attribute WHERE attrelid = 'asset'::regclass AND attnum > 0 AND NOT attisdropped
      AND attgenerated = '' AND attidentity = ''
  ) USING new;
  RETURN true;
END $$;

-- Put a station in force in place of the version that was; `station_id`, `geom` and `source_id` are in what is said.
CREATE FUNCTION put_station(said jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  old station;
  new station;
  at timestamptz := clock_timestamp();
BEGIN
  SELECT * INTO old FROM station s WHERE s.station_id = said->>'station_id' AND s.valid_to IS NULL FOR UPDATE;
  IF FOUND THEN
    UPDATE station s SET valid_to = at WHERE s.version_id = old.version_id;
    new := jsonb_populate_record(old, said - 'geom');
  ELSE
    new := jsonb_populate_record(NULL::station, said - 'geom');
    new.geom := ST_SetSRID(ST_GeomFromGeoJSON(said->>'geom'), 4326);
    new.extra := '{}';
  END IF;
  new.row_hash := md5(said::text);
  new.valid_from := at;
  new.valid_to := NULL;
  EXECUTE (
    SELECT format('INSERT INTO station (%1$s) SELECT %2$s', string_agg(quote_ident(attname), ', '),
      string_agg('($1).' || quote_ident(attname), ', '))
    FROM pg_attribute WHERE attrelid = 'station'::regclass AND attnum > 0 AND NOT attisdropped
      AND attgenerated = '' AND attidentity = ''
  ) USING new;
END $$;

-- Tell everybody a site concerns, except whoever acts. Who is told: the person in charge, else everybody who may act.
CREATE FUNCTION tell_parties(of_site uuid, event_n integer, event_kind text, parties text[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE told integer;
BEGIN
  WITH s AS (SELECT site.*, a.created_by FROM site JOIN application a USING (application_id) WHERE site_id = of_site),
  audience AS (
    SELECT 'carrier' AS party, organisation_id, created_by AS in_charge, ARRAY['carrier_member', 'carrier_admin'] AS roles FROM s
    UNION ALL SELECT 'window', window_organisation_id, assigned_to, ARRAY['window_operator'] FROM s
    UNION ALL SELECT 'owner', owner_organisation_id, reviewer_id, ARRAY['owner_reviewer'] FROM s WHERE referred_at IS NOT NULL
    UNION ALL SELECT 'reviewers', unnest(reviewer_organisations), NULL, ARRAY['owner_reviewer'] FROM s
  ),
  members AS (
    SELECT DISTINCT a.party, m.organisation_id, m.person_id, a.in_charge
    FROM audience a JOIN membership m ON m.organisation_id = a.organisation_id AND m.role = ANY (a.roles) AND m.ended_at IS NULL
    WHERE a.party = ANY (parties)
  ),
  chosen AS (
    SELECT DISTINCT ON (person_id) person_id, organisation_id, party FROM members m
    WHERE m.person_id IS DISTINCT FROM ctx_person()
      AND (m.person_id = m.in_charge
        OR NOT EXISTS (SELECT FROM members o WHERE o.party = m.party AND o.person_id = o.in_charge))
    ORDER BY person_id, party
  )
  INSERT INTO notice (person_id, organisation_id, site_id, n, kind, mail)
  SELECT c.person_id, c.organisation_id, of_site, event_n, event_kind,
    coalesce(t.mail, CASE c.party WHEN 'carrier' THEN 'immediate' ELSE 'digest' END)
  FROM chosen c LEFT JOIN notice_setting t USING (person_id)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS told = ROW_COUNT;
  RETURN told;
END $$;

-- Put an event into the outbox of every webhook of the organisations it concerns.
CREATE FUNCTION post_event(of_site uuid, event_n integer, said jsonb, parties text[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE posted integer;
BEGIN
  INSERT INTO webhook_delivery (webhook_id, organisation_id, site_id, n, payload)
  SELECT w.webhook_id, w.organisation_id, of_site, event_n, said
  FROM site s JOIN webhook w ON w.disabled_at IS NULL AND w.organisation_id = ANY (ARRAY[
    CASE WHEN 'carrier' = ANY (parties) THEN s.organisation_id END,
    CASE WHEN 'window' = ANY (parties) THEN s.window_organisation_id END,
    CASE WHEN 'owner' = ANY (parties) AND s.referred_at IS NOT NULL THEN s.owner_organisation_id END])
  WHERE s.site_id = of_site
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS posted = ROW_COUNT;
  RETURN posted;
END $$;

-- The office an asset belongs to: its list's own organisation, its bureau's route, its municipality.
CREATE FUNCTION office_of_asset(asset text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT office FROM (
    SELECT coalesce(
      d.organisation_id,
      (SELECT r.organisation_id FROM asset_route r WHERE r.owner_code = a.owner_code AND r.bureau = coalesce(a.bureau, '')),
      (SELECT r.organisation_id FROM asset_route r WHERE r.owner_code = a.owner_code AND r.bureau = ''),
      (SELECT o.organisation_id FROM organisation o WHERE o.kind = 'municipality'
         AND o.municipality_code = coalesce(d.municipality_code, left(a.owner_code, 5)) ORDER BY o.created_at LIMIT 1)
    ) AS office
    FROM asset a JOIN data_source d USING (source_id) WHERE a.asset_id = asset AND a.valid_to IS NULL) routed
  -- An office in which nobody reviews cannot answer: the window then stands in for it.
  WHERE EXISTS (SELECT FROM membership m WHERE m.organisation_id = office AND m.role = 'owner_reviewer' AND m.ended_at IS NULL)
$$;

-- Sites by words, and counts over an inbox: row-level security lets neither the trigram index nor an index-only scan be
-- used, so that these two ask for the caller's own rows by themselves.
CREATE FUNCTION find_sites(pattern text, most integer) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT s.site_id FROM site s WHERE s.search_text ILIKE pattern AND (
    s.organisation_id = ctx_organisation() OR s.window_organisation_id = ctx_organisation()
    OR (s.owner_organisation_id = ctx_organisation() AND s.referred_at IS NOT NULL)
    OR s.reviewer_organisations @> ARRAY[ctx_organisation()]) LIMIT most
$$;
CREATE FUNCTION count_turns(side text, today date) RETURNS TABLE (
  party text, waiting bigint, overdue bigint, due_today bigint, within_week bigint
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE me uuid := ctx_organisation();
BEGIN
  IF NOT ctx_may(CASE side WHEN 'window' THEN 'cases:window' WHEN 'owner' THEN 'cases:review' ELSE 'cases:read' END) THEN RETURN; END IF;
  RETURN QUERY EXECUTE format(
    'SELECT s.party, count(*), count(*) FILTER (WHERE s.due_key < $2), count(*) FILTER (WHERE s.due_key = $2),'
    ' count(*) FILTER (WHERE s.due_key > $2 AND s.due_key <= $2 + 7) FROM site s WHERE s.%I = $1'
    ' AND s.stage NOT IN (''end'', ''draft'')%s GROUP BY s.party',
    CASE side WHEN 'window' THEN 'window_organisation_id' WHEN 'owner' THEN 'owner_organisation_id' ELSE 'organisation_id' END,
    CASE side WHEN 'owner' THEN ' AND s.referred_at IS NOT NULL' ELSE '' END) USING me, today;
END $$;

-- When past cases of an office began and were decided, of the last two hundred; nothing where they are fewer than five.
CREATE FUNCTION past_cases(office uuid) RETURNS TABLE (started_on date, decided_on date) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT s.started_on, s.decided_on FROM (
    SELECT c.started_on, c.decided_on, count(*) OVER () AS cases FROM (
      (SELECT site.started_on, site.decided_on FROM site WHERE owner_organisation_id = office
        AND site.decided_on IS NOT NULL AND site.started_on IS NOT NULL ORDER BY site.decided_on DESC LIMIT 200)
      UNION ALL
      (SELECT site.started_on, site.decided_on FROM site WHERE office IS NULL AND owner_organisation_id IS NULL
        AND site.decided_on IS NOT NULL AND site.started_on IS NOT NULL ORDER BY site.decided_on DESC LIMIT 200)) c) s
  WHERE s.cases >= 5
$$;

-- The contractor that serves on a day.
CREATE FUNCTION window_on(day date) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT organisation_id FROM organisation WHERE kind = 'window' AND coalesce(contract_from, day) <= day
    AND coalesce(contract_to, day) >= day ORDER BY contract_from DESC NULLS LAST LIMIT 1
$$;

-- An office gives a case to another office, after which it is no longer its own to change.
CREATE FUNCTION delegate_site(of_site uuid, office uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE site SET owner_organisation_id = office, reviewer_id = NULL, version = version + 1, updated_at = now()
  WHERE site_id = of_site AND referred_at IS NOT NULL AND stage <> 'end'
    AND ((ctx_may('cases:review') AND owner_organisation_id = ctx_organisation())
      OR (ctx_may('cases:window') AND window_organisation_id = ctx_organisation()));
  IF NOT FOUND THEN RAISE EXCEPTION 'not permitted' USING ERRCODE = 'insufficient_privilege'; END IF;
END $$;

-- How many cases lie with a contractor: for whoever hands them over.
CREATE FUNCTION cases_of_contractor(contractor uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM site WHERE window_organisation_id = contractor AND (ctx_may('cases:hand-over') OR ctx_duty('command-line'))
$$;

-- All open cases of a contractor to the next one, in one act.
CREATE FUNCTION hand_over_sites(giver uuid, taker uuid) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE moved integer;
BEGIN
  IF NOT (ctx_may('cases:hand-over') OR ctx_duty('command-line')) THEN
    RAISE EXCEPTION 'not permitted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE site SET window_organisation_id = taker, assigned_to = NULL, version = version + 1 WHERE window_organisation_id = giver;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
"""
SIGNATURES = (
    "add_site_event(uuid, text, text, text, text, text, text, text, text, jsonb)", "slots_free(text)",
    "reserve_slot(uuid, date, date, integer)", "release_slot(uuid)", "occupy_slot(uuid)", "rival_sites(uuid)", "agree_to_share(uuid)",
    "lock_askers(uuid)", "asset_in_force(text)",
    "amend_asset(text, jsonb)",
    "put_station(jsonb)", "tell_parties(uuid, integer, text, text[])", "post_event(uuid, integer, jsonb, text[])",
    "office_of_asset(text)", "find_sites(text, integer)", "count_turns(text, date)", "past_cases(uuid)", "window_on(date)", "delegate_site(uuid, uuid)", "hand_over_sites(uuid, uuid)", "cases_of_contractor(uuid)",
)  # fmt: skip

STATIONS = """
INSERT INTO data_source (source_id, title_ja, title_en, publisher, licence, credit, is_sample)
VALUES ('window-stations', 'ワンストップ窓口で運用を始めた基地局', 'Base stations on air through the window', '', '', '', false)
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table, (rights, policies) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT {rights} ON {table} TO tsunagaru_app")
        for name, command, rows in policies:
            rows = rows.replace("{table}", table)
            clause = {"SELECT": f"USING ({rows})", "INSERT": f"WITH CHECK ({rows})", "DELETE": f"USING ({rows})"}.get(
                command, f"USING ({rows}) WITH CHECK ({rows})"
            )
            op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO tsunagaru_app {clause}")
    for table in WHOLE:
        op.execute(f"CREATE POLICY whole ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    # Offices and the window are known to everybody who works with cases; carriers are not.
    op.execute(
        "CREATE POLICY offices ON organisation FOR SELECT TO tsunagaru_app USING"
        " (kind NOT IN ('carrier', 'sharing', 'surveyor') AND (SELECT ctx_may('cases:read')))"
    )
    # Fastened to the driver: it reads a bare % as a place for a value.
    op.get_bind().exec_driver_sql(FUNCTIONS.replace("%", "%%"))
    for signature in SIGNATURES:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO tsunagaru_app")
    op.execute(STATIONS)


def downgrade() -> None:
    op.execute("DELETE FROM station WHERE source_id = 'window-stations'")
    op.execute("DELETE FROM data_source WHERE source_id = 'window-stations'")
    op.execute("DROP TRIGGER site_event_insert_only ON site_event")
    op.execute("DROP FUNCTION refuse_changed_event")
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("DROP POLICY offices ON organisation")
    for table in ("membership", "person", "organisation"):
        op.execute(f"DROP POLICY whole ON {table}")
    op.execute(
        "DROP TABLE idempotency_key, feed, webhook_delivery, webhook, notice_setting, notice, asset_feedback, sharing_offer,"
        " slot_reservation, review, document_content, document, site_event, site, application, reservation_cap, fee_rule,"
        " asset_route, office_closure, organisation_procedure, procedure CASCADE"
    )
