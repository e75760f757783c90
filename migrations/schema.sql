-- What the migrations come to. Written by `npm run -s crossdock -- migrate --print-schema`.

create schema availability;

create type availability.reservation_state as enum ('held', 'allocated', 'picked', 'shipped', 'released', 'expired', 'short');

create table availability.admission (
  client_id text not null,
  key text not null,
  payload_hash text not null,
  answer json not null,
  decided_at timestamp with time zone not null,
  constraint admission_pkey PRIMARY KEY (client_id, key)
);

create table availability.asked (
  decided_at timestamp with time zone not null,
  asked_number bigint not null generated always as identity,
  transfer_after bigint not null,
  after_event bigint,
  event_numbers bigint[] not null default '{}'::bigint[],
  times bigint not null default 1,
  channel_id text not null,
  order_id text,
  correlation_id text not null,
  policy text not null,
  locations_max bigint,
  hold_ms bigint,
  limited boolean not null,
  book_version bigint not null,
  lines jsonb not null,
  destination jsonb,
  constraint asked_pkey PRIMARY KEY (decided_at, asked_number),
  constraint asked_hold_ms_check CHECK ((hold_ms > 0)),
  constraint asked_locations_max_check CHECK ((locations_max > 0)),
  constraint asked_times_check CHECK ((times > 0))
);

create table availability.backorder (
  backorder_id text not null,
  queue_number bigint not null generated always as identity,
  channel_id text not null,
  order_id text,
  line_id text not null,
  item_id text not null,
  quantity bigint not null,
  served bigint not null default 0,
  ordered_unit bigint not null,
  location_id text,
  lot text,
  part_item_ids text[] not null,
  part_units bigint[] not null,
  state text not null,
  need_by timestamp with time zone,
  until timestamp with time zone,
  promised_at timestamp with time zone,
  queued_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  correlation_id text not null,
  constraint backorder_pkey PRIMARY KEY (backorder_id),
  constraint backorder_queue_number_key UNIQUE (queue_number),
  constraint backorder_ordered_unit_check CHECK ((ordered_unit > 0)),
  constraint backorder_quantity_check CHECK ((quantity > 0)),
  constraint backorder_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'served'::text, 'cancelled'::text, 'expired'::text]))),
  constraint each_part_has_its_units CHECK (((cardinality(part_item_ids) > 0) AND (cardinality(part_item_ids) = cardinality(part_units)))),
  constraint only_what_waited_is_served CHECK (((served >= 0) AND (served <= quantity))),
  constraint what_is_served_waits_no_longer CHECK (((state = 'served'::text) = (served = quantity)))
);
CREATE INDEX backorder_channel ON availability.backorder USING btree (channel_id, queue_number) WHERE (state = 'waiting'::text);
CREATE INDEX backorder_order ON availability.backorder USING btree (order_id, line_id) WHERE (order_id IS NOT NULL);
CREATE INDEX backorder_until ON availability.backorder USING btree (until) WHERE ((state = 'waiting'::text) AND (until IS NOT NULL));

create table availability.backorder_queue (
  item_id text not null,
  channel_id text not null,
  changes bigint not null default 1,
  offered bigint not null default 0,
  constraint backorder_queue_pkey PRIMARY KEY (item_id, channel_id)
);
CREATE INDEX backorder_queue_due ON availability.backorder_queue USING btree (item_id) WHERE (changes > offered);

create table availability.book_version (
  version bigint not null,
  how text not null,
  draft_id text,
  restores bigint,
  rules_changed bigint not null,
  made_by text not null,
  approved_by text,
  because text not null,
  made_at timestamp with time zone not null,
  correlation_id text not null,
  constraint book_version_pkey PRIMARY KEY (version),
  constraint book_version_check CHECK (((restores >= 0) AND (restores < version))),
  constraint book_version_how_check CHECK ((how = ANY (ARRAY['loaded'::text, 'activated'::text, 'rolled-back'::text, 'emergency'::text]))),
  constraint book_version_rules_changed_check CHECK ((rules_changed > 0)),
  constraint book_version_version_check CHECK ((version > 0)),
  constraint two_people_agree CHECK (((how = ANY (ARRAY['loaded'::text, 'emergency'::text])) OR (approved_by IS NOT NULL)))
);
CREATE TRIGGER history_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON availability.book_version FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_rewriting_history();

create table availability.channel (
  channel_id text not null,
  name text not null,
  created_at timestamp with time zone not null,
  constraint channel_pkey PRIMARY KEY (channel_id)
);

create table availability.converted_promise (
  reservation_id text not null,
  item_id text not null,
  into_item_id text not null,
  converted_at timestamp with time zone not null,
  constraint converted_promise_pkey PRIMARY KEY (reservation_id, item_id),
  constraint converted_promise_reservation_id_fkey FOREIGN KEY (reservation_id) REFERENCES availability.reservation(reservation_id)
);
CREATE INDEX converted_promise_of ON availability.converted_promise USING btree (item_id, into_item_id);

create table availability.counted_hold (
  reservation_id text not null,
  subject text not null,
  constraint counted_hold_pkey PRIMARY KEY (reservation_id, subject)
);
CREATE INDEX counted_hold_subject ON availability.counted_hold USING btree (subject);

create table availability.early_fulfilment (
  order_id text not null,
  line_id text not null,
  position_id bigint not null,
  picked bigint not null,
  shipped bigint not null,
  item_id text not null,
  location_id text not null,
  put_back bigint not null default 0,
  not_found bigint not null default 0,
  constraint early_fulfilment_pkey PRIMARY KEY (order_id, line_id, position_id),
  constraint early_fulfilment_not_found_check CHECK ((not_found >= 0)),
  constraint early_fulfilment_picked_check CHECK ((picked >= 0)),
  constraint early_fulfilment_put_back_check CHECK ((put_back >= 0)),
  constraint early_fulfilment_shipped_check CHECK ((shipped >= 0))
);
CREATE INDEX early_fulfilment_item ON availability.early_fulfilment USING btree (item_id);

create table availability.hold_limit (
  subject text not null,
  open_holds_max bigint,
  units_per_item_max bigint,
  share_max_permille bigint,
  hold_seconds_max bigint,
  constraint hold_limit_pkey PRIMARY KEY (subject),
  constraint hold_limit_hold_seconds_max_check CHECK ((hold_seconds_max > 0)),
  constraint hold_limit_open_holds_max_check CHECK ((open_holds_max >= 0)),
  constraint hold_limit_share_max_permille_check CHECK (((share_max_permille >= 0) AND (share_max_permille <= 1000))),
  constraint hold_limit_subject_check CHECK ((subject ~ '^(client|channel):.'::text)),
  constraint hold_limit_units_per_item_max_check CHECK ((units_per_item_max >= 0))
);

create table availability.hold_limit_change (
  change_number bigint not null generated always as identity,
  subject text not null,
  before jsonb,
  after jsonb,
  changed_by text not null,
  because text not null,
  changed_at timestamp with time zone not null,
  correlation_id text not null,
  constraint hold_limit_change_pkey PRIMARY KEY (change_number)
);
CREATE INDEX hold_limit_change_subject ON availability.hold_limit_change USING btree (subject, change_number);
CREATE TRIGGER history_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON availability.hold_limit_change FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_rewriting_history();

create table availability.order_lock (
  order_id text not null,
  constraint order_lock_pkey PRIMARY KEY (order_id)
);

create table availability.place_day (
  location_id text not null,
  day date not null,
  constraint place_day_pkey PRIMARY KEY (location_id)
);

create table availability.publication (
  account_id text not null,
  item_id text not null,
  channel_id text not null,
  dirty_since timestamp with time zone,
  dirty_version bigint not null default 0,
  not_before timestamp with time zone,
  published bigint,
  published_at timestamp with time zone,
  in_flight bigint not null default 0,
  in_flight_until timestamp with time zone,
  last_problem text,
  in_doubt boolean not null default false,
  telling bigint,
  sold_since bigint not null default 0,
  constraint publication_pkey PRIMARY KEY (account_id, item_id),
  constraint publication_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES availability.channel(channel_id),
  constraint publication_in_flight_check CHECK ((in_flight >= 0)),
  constraint publication_sold_since_check CHECK ((sold_since >= 0)),
  constraint publication_telling_check CHECK ((telling >= 0)),
  constraint sold_is_heard_or_seen CHECK (((sold_since = 0) OR (in_flight = 0))),
  constraint telling_is_in_doubt CHECK (((telling IS NULL) OR in_doubt))
) with (fillfactor=80);
CREATE INDEX publication_dirty ON availability.publication USING btree (account_id, dirty_since) WHERE (dirty_since IS NOT NULL);
CREATE INDEX publication_item ON availability.publication USING btree (item_id);

create table availability.reservation (
  reservation_id text not null,
  channel_id text not null,
  order_id text,
  line_id text not null,
  position_id bigint not null,
  item_id text not null,
  location_id text not null,
  lot text not null,
  quantity bigint not null,
  state availability.reservation_state not null,
  expires_at timestamp with time zone,
  picked bigint not null default 0,
  shipped bigint not null default 0,
  created_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  replaced bigint not null default 0,
  put_back bigint not null default 0,
  not_found bigint not null default 0,
  fenced bigint not null default 0,
  came_from text,
  constraint reservation_pkey PRIMARY KEY (reservation_id),
  constraint came_from_another CHECK ((came_from <> reservation_id)),
  constraint fenced_units_are_its_own CHECK (((fenced >= 0) AND (fenced <= quantity))),
  constraint only_a_hold_expires CHECK (((state <> ALL (ARRAY['held'::availability.reservation_state, 'expired'::availability.reservation_state])) OR (expires_at IS NOT NULL))),
  constraint only_what_is_outstanding_is_replaced CHECK (((replaced >= 0) AND ((replaced = 0) OR (((replaced + not_found) + GREATEST((picked - put_back), shipped)) <= quantity)))),
  constraint open_states_match_fulfilment CHECK (
CASE state
    WHEN 'held'::availability.reservation_state THEN ((picked = 0) AND (shipped = 0) AND (replaced = 0) AND (put_back = 0) AND (not_found = 0))
    WHEN 'picked'::availability.reservation_state THEN ((shipped < ((quantity - replaced) - LEAST(not_found, GREATEST((0)::bigint, (quantity - GREATEST((picked - put_back), shipped)))))) AND ((GREATEST((picked - put_back), shipped) + not_found) >= (quantity - replaced)))
    WHEN 'shipped'::availability.reservation_state THEN ((GREATEST((picked - put_back), shipped) > 0) AND ((shipped + not_found) >= (quantity - replaced)))
    WHEN 'released'::availability.reservation_state THEN ((replaced = 0) OR (replaced = quantity))
    WHEN 'short'::availability.reservation_state THEN ((not_found > 0) AND ((replaced + not_found) >= quantity) AND (GREATEST((picked - put_back), shipped) = 0))
    ELSE true
END),
  constraint reservation_not_found_check CHECK ((not_found >= 0)),
  constraint reservation_picked_check CHECK ((picked >= 0)),
  constraint reservation_put_back_check CHECK ((put_back >= 0)),
  constraint reservation_quantity_check CHECK ((quantity > 0)),
  constraint reservation_shipped_check CHECK ((shipped >= 0))
) with (fillfactor=85);
CREATE INDEX reservation_allocated ON availability.reservation USING btree (position_id) WHERE (state = 'allocated'::availability.reservation_state);
CREATE INDEX reservation_came_from ON availability.reservation USING btree (came_from) WHERE (came_from IS NOT NULL);
CREATE INDEX reservation_expiry ON availability.reservation USING btree (item_id, expires_at) WHERE (state = 'held'::availability.reservation_state);
CREATE INDEX reservation_order ON availability.reservation USING btree (order_id, line_id) WHERE (order_id IS NOT NULL);
CREATE INDEX reservation_sweep ON availability.reservation USING btree (expires_at) WHERE (state = 'held'::availability.reservation_state);

create table availability.reservation_fact (
  reservation_id text not null,
  number bigint not null,
  constraint reservation_fact_pkey PRIMARY KEY (reservation_id, number)
);

create table availability.ring_fence (
  position_id bigint not null,
  channel_id text not null,
  item_id text not null,
  location_id text not null,
  lot text not null,
  quantity bigint not null,
  constraint ring_fence_pkey PRIMARY KEY (position_id, channel_id),
  constraint ring_fence_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES availability.channel(channel_id),
  constraint ring_fence_quantity_check CHECK ((quantity >= 0))
);
CREATE INDEX ring_fence_item ON availability.ring_fence USING btree (item_id);
CREATE CONSTRAINT TRIGGER ring_fences_are_reserved AFTER INSERT OR UPDATE ON availability.ring_fence DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION availability.check_ring_fences();

create table availability.rule (
  rule_key text not null,
  from_version bigint not null,
  to_version bigint,
  rule jsonb not null,
  constraint rule_pkey PRIMARY KEY (rule_key, from_version),
  constraint rule_from_version_fkey FOREIGN KEY (from_version) REFERENCES availability.book_version(version),
  constraint rule_to_version_fkey FOREIGN KEY (to_version) REFERENCES availability.book_version(version),
  constraint holds_for_some_version CHECK ((to_version > from_version))
);
CREATE INDEX rule_began ON availability.rule USING btree (from_version);
CREATE INDEX rule_ended ON availability.rule USING btree (to_version) WHERE (to_version IS NOT NULL);
CREATE UNIQUE INDEX rule_in_force ON availability.rule USING btree (rule_key) WHERE (to_version IS NULL);

create table availability.rule_book (
  only_one boolean not null default true,
  version bigint not null,
  constraint rule_book_pkey PRIMARY KEY (only_one),
  constraint rule_book_only_one_check CHECK (only_one),
  constraint rule_book_version_check CHECK ((version >= 0))
);

create table availability.rule_clock (
  only_one boolean not null default true,
  told_until timestamp with time zone not null,
  classes_seen bigint,
  constraint rule_clock_pkey PRIMARY KEY (only_one),
  constraint rule_clock_classes_seen_check CHECK ((classes_seen >= 0)),
  constraint rule_clock_only_one_check CHECK (only_one)
);

create table availability.rule_draft (
  draft_id text not null,
  name text not null,
  state text not null,
  base_version bigint not null,
  restores bigint,
  revision bigint not null default 1,
  authors text[] not null,
  approved_by text,
  version bigint,
  created_at timestamp with time zone not null,
  constraint rule_draft_pkey PRIMARY KEY (draft_id),
  constraint rule_draft_version_fkey FOREIGN KEY (version) REFERENCES availability.book_version(version),
  constraint approved_by_another CHECK (((approved_by IS NULL) OR (approved_by <> ALL (authors)))),
  constraint only_what_is_agreed_holds CHECK (
CASE state
    WHEN 'approved'::text THEN ((approved_by IS NOT NULL) AND (version IS NULL))
    WHEN 'active'::text THEN (version IS NOT NULL)
    ELSE ((approved_by IS NULL) AND (version IS NULL))
END),
  constraint rule_draft_authors_check CHECK ((cardinality(authors) > 0)),
  constraint rule_draft_base_version_check CHECK ((base_version >= 0)),
  constraint rule_draft_restores_check CHECK ((restores >= 0)),
  constraint rule_draft_revision_check CHECK ((revision > 0)),
  constraint rule_draft_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'checked'::text, 'approved'::text, 'active'::text, 'dropped'::text])))
);
CREATE INDEX rule_draft_open ON availability.rule_draft USING btree (draft_id) WHERE (state = ANY (ARRAY['draft'::text, 'checked'::text, 'approved'::text]));

create table availability.rule_draft_change (
  draft_id text not null,
  rule_key text not null,
  rule jsonb,
  constraint rule_draft_change_pkey PRIMARY KEY (draft_id, rule_key),
  constraint rule_draft_change_draft_id_fkey FOREIGN KEY (draft_id) REFERENCES availability.rule_draft(draft_id)
);

create table availability.rule_draft_effect (
  draft_id text not null,
  channel_id text not null,
  item_id text not null,
  before bigint not null,
  after bigint not null,
  constraint rule_draft_effect_pkey PRIMARY KEY (draft_id, channel_id, item_id),
  constraint rule_draft_effect_draft_id_fkey FOREIGN KEY (draft_id) REFERENCES availability.rule_draft(draft_id),
  constraint rule_draft_effect_before_check CHECK ((before >= 0)),
  constraint rule_draft_effect_check CHECK (((after >= 0) AND (after <> before)))
);
CREATE INDEX rule_draft_effect_largest ON availability.rule_draft_effect USING btree (draft_id, abs((after - before)) DESC, channel_id, item_id);

create table availability.rule_draft_step (
  step_number bigint not null generated always as identity,
  draft_id text not null,
  step text not null,
  revision bigint not null,
  done_by text not null,
  done_at timestamp with time zone not null,
  because text,
  correlation_id text not null,
  constraint rule_draft_step_pkey PRIMARY KEY (step_number),
  constraint rule_draft_step_draft_id_fkey FOREIGN KEY (draft_id) REFERENCES availability.rule_draft(draft_id),
  constraint rule_draft_step_step_check CHECK ((step = ANY (ARRAY['created'::text, 'changed'::text, 'checked'::text, 'approved'::text, 'activated'::text, 'overtaken'::text, 'dropped'::text])))
);
CREATE INDEX rule_draft_step_of ON availability.rule_draft_step USING btree (draft_id, step_number);
CREATE TRIGGER history_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON availability.rule_draft_step FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_rewriting_history();

create table availability.shelf_life_change_seen (
  is_only boolean not null default true,
  change_id bigint not null,
  constraint shelf_life_change_seen_pkey PRIMARY KEY (is_only),
  constraint shelf_life_change_seen_is_only_check CHECK (is_only)
);

create table availability.sourcing_explanation (
  reservation_id text not null,
  explanation json not null,
  constraint sourcing_explanation_pkey PRIMARY KEY (reservation_id)
);

create table availability.waiting_line (
  item_id text not null,
  backorder_id text not null,
  constraint waiting_line_pkey PRIMARY KEY (item_id, backorder_id)
);

create table availability.what_if_difference (
  run_id text not null,
  ask bigint not null,
  channel_id text not null,
  difference jsonb not null,
  constraint what_if_difference_pkey PRIMARY KEY (run_id, ask),
  constraint what_if_difference_run_id_fkey FOREIGN KEY (run_id) REFERENCES availability.what_if_run(run_id) ON DELETE CASCADE
);

create table availability.what_if_run (
  run_id text not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  rules text not null,
  beside text not null,
  state text not null,
  transfers bigint not null default 0,
  transfers_total bigint,
  result jsonb,
  problem text,
  asked_by text not null,
  asked_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  correlation_id text not null,
  constraint what_if_run_pkey PRIMARY KEY (run_id),
  constraint only_what_is_done_has_a_result CHECK (((state = 'done'::text) = (result IS NOT NULL))),
  constraint what_has_ended_says_so CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])) = (ended_at IS NOT NULL))),
  constraint what_if_run_check CHECK ((to_at > from_at)),
  constraint what_if_run_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'playing'::text, 'done'::text, 'failed'::text, 'cancelled'::text]))),
  constraint what_if_run_transfers_check CHECK ((transfers >= 0)),
  constraint what_if_run_transfers_total_check CHECK ((transfers_total >= 0))
);
CREATE INDEX what_if_run_open ON availability.what_if_run USING btree (asked_at) WHERE (state = ANY (ARRAY['waiting'::text, 'playing'::text]));

CREATE OR REPLACE FUNCTION availability.check_ring_fences()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  fenced bigint := (select coalesce(sum(quantity), 0) from availability.ring_fence where position_id = new.position_id);
  reserved bigint := (select coalesce(sum(channel_reserved), 0) from ledger.position where position_id = new.position_id);
begin
  if fenced <> reserved then
    raise check_violation using
      message = format('position %s has %s channel-reserved, and its ring-fences sum to %s', new.position_id, reserved, fenced),
      constraint = 'ring_fences_are_reserved', schema = 'availability', table = 'ring_fence';
  end if;
  return null;
end
$function$;

create schema backbone;

create sequence backbone.event_number_block as bigint start 1 increment 1 cache 1;

create table backbone.archived_sequence (
  first_number bigint not null,
  source text not null,
  stream text not null,
  numbers int8multirange not null,
  constraint archived_sequence_pkey PRIMARY KEY (first_number, source, stream),
  constraint archived_sequence_first_number_fkey FOREIGN KEY (first_number) REFERENCES backbone.stretch(first_number)
);

create table backbone.archived_subject (
  kind text not null,
  id text not null,
  first_number bigint not null,
  constraint archived_subject_pkey PRIMARY KEY (kind, id, first_number),
  constraint archived_subject_first_number_fkey FOREIGN KEY (first_number) REFERENCES backbone.stretch(first_number),
  constraint archived_subject_kind_check CHECK ((kind = ANY (ARRAY['reservation'::text, 'order'::text])))
);

create table backbone.dead_letter (
  subscriber text not null,
  number bigint not null,
  reason text not null,
  attempts integer not null default 1,
  first_failed_at timestamp with time zone not null,
  resolved_at timestamp with time zone,
  dismissed_at timestamp with time zone,
  dismissed_because text,
  constraint dead_letter_pkey PRIMARY KEY (subscriber, number),
  constraint dead_letter_subscriber_fkey FOREIGN KEY (subscriber) REFERENCES backbone.subscriber(name),
  constraint dead_letter_attempts_check CHECK ((attempts > 0)),
  constraint dead_letter_dismissed_for_a_reason CHECK ((((dismissed_at IS NULL) = (dismissed_because IS NULL)) AND ((dismissed_at IS NULL) OR (btrim(dismissed_because) <> ''::text))))
);
CREATE INDEX dead_letter_open ON backbone.dead_letter USING btree (subscriber) WHERE ((resolved_at IS NULL) AND (dismissed_at IS NULL));

create table backbone.epoch (
  only_row boolean not null default true,
  transaction_offset bigint not null default 0,
  constraint epoch_pkey PRIMARY KEY (only_row),
  constraint epoch_only_row_check CHECK (only_row),
  constraint epoch_transaction_offset_check CHECK ((transaction_offset >= 0))
);

create table backbone.event (
  number bigint not null,
  transaction bigint not null,
  source text not null,
  id text not null,
  type text not null,
  effective_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  correlation_id text not null,
  causation_id text,
  stream text,
  sequence_number bigint,
  data jsonb not null,
  constraint event_pkey PRIMARY KEY (number),
  constraint event_number_check CHECK ((number > 0)),
  constraint event_transaction_check CHECK ((transaction > 0)),
  constraint sequence_has_its_stream CHECK (((stream IS NULL) = (sequence_number IS NULL)))
) partition by RANGE (number);
CREATE UNIQUE INDEX event_log_order ON ONLY backbone.event USING btree (transaction, number);
CREATE INDEX event_recorded_at ON ONLY backbone.event USING brin (recorded_at);

create table backbone.event_from_1 partition of backbone.event FOR VALUES FROM ('1') TO ('10000001');

create table backbone.seal (
  only_row boolean not null default true,
  origin text not null,
  size bigint not null default 0,
  transaction bigint not null default 0,
  number bigint not null default 0,
  constraint seal_pkey PRIMARY KEY (only_row),
  constraint seal_only_row_check CHECK (only_row),
  constraint seal_origin_check CHECK ((origin ~ '^[^\s+]+$'::text)),
  constraint seal_size_check CHECK ((size >= 0))
);

create table backbone.seal_checkpoint (
  size bigint not null,
  root bytea not null,
  note text not null,
  signed_at timestamp with time zone not null,
  constraint seal_checkpoint_pkey PRIMARY KEY (size),
  constraint seal_checkpoint_root_check CHECK ((octet_length(root) = 32)),
  constraint seal_checkpoint_size_check CHECK ((size >= 0))
);

create table backbone.seal_key (
  verifier text not null,
  public_key bytea not null,
  private_key text not null,
  created_at timestamp with time zone not null,
  retired_at timestamp with time zone,
  constraint seal_key_pkey PRIMARY KEY (verifier),
  constraint seal_key_public_key_check CHECK ((octet_length(public_key) = 32))
);
CREATE UNIQUE INDEX seal_key_in_use ON backbone.seal_key USING btree ((true)) WHERE (retired_at IS NULL);

create table backbone.seal_place (
  tile bigint not null,
  first_transaction bigint not null,
  first_number bigint not null,
  transactions bigint[] not null,
  numbers bigint[] not null,
  constraint seal_place_pkey PRIMARY KEY (tile),
  constraint a_place_for_every_fact CHECK (((cardinality(numbers) = cardinality(transactions)) AND ((cardinality(numbers) >= 1) AND (cardinality(numbers) <= 256)) AND (first_transaction = transactions[1]) AND (first_number = numbers[1]))),
  constraint seal_place_tile_check CHECK ((tile >= 0))
);
CREATE INDEX seal_place_position ON backbone.seal_place USING btree (first_transaction, first_number);

create table backbone.seal_tile (
  level smallint not null,
  tile bigint not null,
  hashes bytea not null,
  constraint seal_tile_pkey PRIMARY KEY (level, tile),
  constraint seal_tile_hashes_check CHECK ((((octet_length(hashes) % 32) = 0) AND ((octet_length(hashes) >= 32) AND (octet_length(hashes) <= 8192)))),
  constraint seal_tile_level_check CHECK (((level >= 0) AND (level <= 6))),
  constraint seal_tile_tile_check CHECK ((tile >= 0))
);

create table backbone.stretch (
  first_number bigint not null,
  end_number bigint not null,
  opened_at timestamp with time zone not null default now(),
  state text not null default 'open'::text,
  state_since timestamp with time zone not null default now(),
  archive text,
  recorded_to timestamp with time zone,
  last_transfer bigint,
  constraint stretch_pkey PRIMARY KEY (first_number),
  constraint stretch_end_number_key UNIQUE (end_number),
  constraint an_archived_stretch_lies_somewhere CHECK (((state <> 'archived'::text) OR (num_nulls(archive, recorded_to, last_transfer) = 0))),
  constraint stretch_check CHECK ((end_number > first_number)),
  constraint stretch_first_number_check CHECK ((first_number > 0)),
  constraint stretch_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'archived'::text])))
);

create table backbone.stretched_table (
  schema_name text not null,
  table_name text not null,
  constraint stretched_table_pkey PRIMARY KEY (schema_name, table_name)
);

create table backbone.subscriber (
  name text not null,
  transaction bigint not null default 0,
  number bigint not null default 0,
  moved_at timestamp with time zone not null default now(),
  constraint subscriber_pkey PRIMARY KEY (name)
);

create table backbone.told (
  source text not null,
  id text not null,
  number bigint not null,
  constraint told_pkey PRIMARY KEY (source, id),
  constraint told_source_check CHECK ((source <> '/crossdock'::text))
);

CREATE OR REPLACE FUNCTION backbone.attach_parts(first bigint, size bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  kept record;
begin
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    execute format('alter table %1$I.%2$I attach partition %1$I.%3$I for values from (%4$s) to (%5$s)',
                   kept.schema_name, kept.table_name, kept.table_name || '_from_' || first, first, first + size);
  end loop;
  perform backbone.close_stretch(first);
end
$function$;

CREATE OR REPLACE FUNCTION backbone.close_stretch(first bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  kept record;
begin
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    execute format('alter table %I.%I add constraint stretch_is_closed check (false) not valid',
                   kept.schema_name, kept.table_name || '_from_' || first);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION backbone.current_log_transaction()
 RETURNS bigint
 LANGUAGE sql
AS $function$ select transaction_offset + pg_current_xact_id()::text::bigint from backbone.epoch $function$;

CREATE OR REPLACE FUNCTION backbone.drop_stretch(first bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  kept record;
begin
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    execute format('alter table %I.%I detach partition %I.%I', kept.schema_name, kept.table_name, kept.schema_name,
                   kept.table_name || '_from_' || first);
    execute format('drop table %I.%I', kept.schema_name, kept.table_name || '_from_' || first);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION backbone.horizon()
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$ select transaction_offset + pg_snapshot_xmin(pg_current_snapshot())::text::bigint from backbone.epoch $function$;

CREATE OR REPLACE FUNCTION backbone.horizon(elsewhere xid8[])
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$ select transaction_offset + platform.oldest_running(elsewhere)::text::bigint from backbone.epoch $function$;

CREATE OR REPLACE FUNCTION backbone.load_part(kept_schema text, kept_table text, first bigint, lines text[])
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  loaded bigint;
begin
  execute format('insert into %1$I.%2$I select r.* from unnest($1) as line, jsonb_populate_record(null::%1$I.%3$I, line::jsonb) as r',
                 kept_schema, kept_table || '_from_' || first, kept_table) using lines;
  get diagnostics loaded = row_count;
  return loaded;
end
$function$;

CREATE OR REPLACE FUNCTION backbone.make_parts(first bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  kept record;
  part text;
begin
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    part := kept.table_name || '_from_' || first;
    execute format('drop table if exists %I.%I', kept.schema_name, part);
    execute format('create table %I.%I (like %I.%I including defaults including constraints including storage)',
                   kept.schema_name, part, kept.schema_name, kept.table_name);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION backbone.open_stretch(first bigint, size bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  kept record;
  part text;
  target record;
begin
  insert into backbone.stretch (first_number, end_number) values (first, first + size) on conflict do nothing;
  if not found then
    return;
  end if;
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    part := kept.table_name || '_from_' || first;
    execute format('create table %I.%I (like %I.%I including defaults including constraints including storage)',
                   kept.schema_name, part, kept.schema_name, kept.table_name);
    for target in
      select attname, attstattarget from pg_attribute
      where attrelid = format('%I.%I', kept.schema_name, kept.table_name)::regclass and attnum > 0 and attstattarget >= 0
    loop
      execute format('alter table %I.%I alter column %I set statistics %s',
                     kept.schema_name, part, target.attname, target.attstattarget);
    end loop;
    execute format('alter table %I.%I attach partition %I.%I for values from (%s) to (%s)',
                   kept.schema_name, kept.table_name, kept.schema_name, part, first, first + size);
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION backbone.row_of_line(line text, type_prefix text)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select jsonb_build_object(
           'number', split_part(e ->> 'position', '.', 2)::bigint, 'transaction', split_part(e ->> 'position', '.', 1)::bigint,
           'source', e -> 'source', 'id', e -> 'id', 'type', substr(e ->> 'type', length(type_prefix) + 1),
           'effective_at', e -> 'time', 'recorded_at', e -> 'recordedat', 'correlation_id', e -> 'correlationid',
           'causation_id', e -> 'causationid', 'stream', regexp_replace(e ->> 'sequence', '/\d+$', ''),
           'sequence_number', substring(e ->> 'sequence' from '/(\d+)$')::bigint, 'data', e -> 'data')
  from (select line::jsonb as e) as parsed
$function$;

create schema gateway;

create table gateway.api_key (
  key_id text not null,
  key_hash bytea not null,
  client_id text not null,
  name text not null,
  scopes text[] not null,
  account_ids text[],
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_key_pkey PRIMARY KEY (key_id),
  constraint api_key_key_hash_key UNIQUE (key_hash),
  constraint api_key_client_id_check CHECK ((client_id <> ''::text)),
  constraint api_key_key_hash_check CHECK ((octet_length(key_hash) = 32))
);

create table gateway.keyed_answer (
  client_id text not null,
  key text not null,
  fingerprint text not null,
  claim text not null,
  claimed_at timestamp with time zone not null,
  status integer,
  content_type text,
  location text,
  body text,
  constraint keyed_answer_pkey PRIMARY KEY (client_id, key),
  constraint answered_whole CHECK ((((status IS NULL) = (body IS NULL)) AND ((status IS NULL) = (content_type IS NULL)) AND ((status IS NOT NULL) OR (location IS NULL)))),
  constraint keyed_answer_status_check CHECK (((status >= 200) AND (status <= 499)))
);
CREATE INDEX keyed_answer_age ON gateway.keyed_answer USING btree (claimed_at);

create schema governance;

create table governance.alias (
  kind text not null,
  scheme text not null,
  scope text not null default ''::text,
  value text not null,
  target text,
  created_at timestamp with time zone not null,
  valid_from timestamp with time zone not null,
  constraint alias_pkey PRIMARY KEY (kind, scheme, scope, value, valid_from),
  constraint alias_kind_check CHECK ((kind = ANY (ARRAY['item'::text, 'location'::text])))
);
CREATE INDEX alias_folded ON governance.alias USING btree (kind, governance.folded(value) COLLATE "C");
CREATE INDEX alias_folded_backwards ON governance.alias USING btree (kind, reverse(governance.folded(value)) COLLATE "C");
CREATE INDEX alias_target ON governance.alias USING btree (kind, target);
CREATE TRIGGER keep_change AFTER INSERT OR DELETE OR UPDATE ON governance.alias FOR EACH ROW EXECUTE FUNCTION governance.keep_change();

create table governance.change (
  change_id bigint not null generated always as identity,
  changed_at timestamp with time zone not null,
  changed_by text not null,
  correlation_id text,
  what text not null,
  item_id text,
  location_id text,
  before jsonb,
  after jsonb,
  constraint change_pkey PRIMARY KEY (change_id),
  constraint something_changed CHECK ((before IS DISTINCT FROM after))
);
CREATE INDEX change_of_item ON governance.change USING btree (item_id, change_id) WHERE (item_id IS NOT NULL);
CREATE INDEX change_of_location ON governance.change USING btree (location_id, change_id) WHERE (location_id IS NOT NULL);
CREATE INDEX change_of_lot ON governance.change USING btree (change_id) WHERE (what = 'lot'::text);
CREATE INDEX change_of_names ON governance.change USING btree (change_id) WHERE (what <> ALL (ARRAY['lot'::text, 'item_cost'::text]));
CREATE TRIGGER history_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON governance.change FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_rewriting_history();

create table governance.change_turn (
  is_only boolean not null default true,
  constraint change_turn_pkey PRIMARY KEY (is_only),
  constraint change_turn_is_only_check CHECK (is_only)
);

create table governance.count_tolerance_change (
  change_number bigint not null generated always as identity,
  source text,
  location_id text,
  item_id text,
  units_max bigint,
  percent_max integer,
  value_max numeric(20,8),
  currency text,
  accept_after_hours integer,
  changed_at timestamp with time zone not null,
  changed_by text not null,
  item_class text,
  constraint count_tolerance_change_pkey PRIMARY KEY (change_number),
  constraint count_tolerance_change_item_id_fkey FOREIGN KEY (item_id) REFERENCES governance.item(item_id),
  constraint count_tolerance_change_location_id_fkey FOREIGN KEY (location_id) REFERENCES governance.location(location_id),
  constraint count_tolerance_change_accept_after_hours_check CHECK (((accept_after_hours >= 1) AND (accept_after_hours <= 8760))),
  constraint count_tolerance_change_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint count_tolerance_change_item_class_check CHECK (((length(item_class) >= 1) AND (length(item_class) <= 40))),
  constraint count_tolerance_change_percent_max_check CHECK (((percent_max >= 0) AND (percent_max <= 100))),
  constraint count_tolerance_change_units_max_check CHECK ((units_max >= 0)),
  constraint count_tolerance_change_value_max_check CHECK ((value_max >= (0)::numeric)),
  constraint nothing_waits_without_a_limit CHECK (((accept_after_hours IS NULL) OR (num_nonnulls(units_max, percent_max, value_max) > 0))),
  constraint tolerance_is_of_an_item_or_a_class CHECK ((num_nonnulls(item_id, item_class) <= 1)),
  constraint value_has_a_currency CHECK ((num_nulls(value_max, currency) = ANY (ARRAY[0, 2])))
);
CREATE INDEX count_tolerance_of ON governance.count_tolerance_change USING btree (source, location_id, item_id, item_class, change_number);

create table governance.drift_policy_change (
  change_number bigint not null generated always as identity,
  source text,
  location_id text,
  units_missing_percent_max integer,
  positions_differing_percent_max integer,
  rows_fewer_percent_max integer,
  positions_min bigint,
  changed_at timestamp with time zone not null,
  changed_by text not null,
  constraint drift_policy_change_pkey PRIMARY KEY (change_number),
  constraint drift_policy_change_location_id_fkey FOREIGN KEY (location_id) REFERENCES governance.location(location_id),
  constraint drift_policy_change_positions_differing_percent_max_check CHECK (((positions_differing_percent_max >= 0) AND (positions_differing_percent_max <= 100))),
  constraint drift_policy_change_positions_min_check CHECK ((positions_min >= 1)),
  constraint drift_policy_change_rows_fewer_percent_max_check CHECK (((rows_fewer_percent_max >= 0) AND (rows_fewer_percent_max <= 100))),
  constraint drift_policy_change_units_missing_percent_max_check CHECK (((units_missing_percent_max >= 0) AND (units_missing_percent_max <= 100))),
  constraint drift_policy_is_whole CHECK ((num_nulls(units_missing_percent_max, positions_differing_percent_max, rows_fewer_percent_max, positions_min) = ANY (ARRAY[0, 4])))
);
CREATE INDEX drift_policy_of ON governance.drift_policy_change USING btree (source, location_id, change_number);

create table governance.item (
  item_id text not null,
  sku text not null,
  description text not null default ''::text,
  base_unit text not null default 'EA'::text,
  tracking text not null default 'none'::text,
  created_at timestamp with time zone not null,
  merged_into text,
  merged_since timestamp with time zone,
  merged_units bigint,
  item_class text,
  constraint item_pkey PRIMARY KEY (item_id),
  constraint item_sku_key UNIQUE (sku),
  constraint item_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES governance.item(item_id),
  constraint item_class_is_a_code CHECK (((length(item_class) >= 1) AND (length(item_class) <= 40))),
  constraint item_merged_units_check CHECK ((merged_units > 0)),
  constraint item_tracking_check CHECK ((tracking = ANY (ARRAY['none'::text, 'lot'::text, 'serial'::text]))),
  constraint merged_is_said_whole CHECK ((num_nulls(merged_into, merged_since, merged_units) = ANY (ARRAY[0, 3]))),
  constraint not_merged_into_itself CHECK ((merged_into <> item_id))
);
CREATE INDEX item_of_class ON governance.item USING btree (item_class, sku) WHERE (item_class IS NOT NULL);
CREATE INDEX merged_item ON governance.item USING btree (item_id) WHERE (merged_into IS NOT NULL);
CREATE TRIGGER keep_change AFTER INSERT OR DELETE OR UPDATE ON governance.item FOR EACH ROW EXECUTE FUNCTION governance.keep_change();

create table governance.item_cost (
  item_id text not null,
  currency text not null,
  valid_from timestamp with time zone not null,
  per_unit numeric(20,8),
  constraint item_cost_pkey PRIMARY KEY (item_id, currency, valid_from),
  constraint item_cost_item_id_fkey FOREIGN KEY (item_id) REFERENCES governance.item(item_id),
  constraint item_cost_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint item_cost_per_unit_check CHECK ((per_unit >= (0)::numeric))
);
CREATE TRIGGER keep_change AFTER INSERT OR DELETE OR UPDATE ON governance.item_cost FOR EACH ROW EXECUTE FUNCTION governance.keep_change();

create table governance.item_unit (
  item_id text not null,
  unit text not null,
  numerator bigint,
  denominator bigint,
  valid_from timestamp with time zone not null,
  constraint item_unit_pkey PRIMARY KEY (item_id, unit, valid_from),
  constraint item_unit_item_id_fkey FOREIGN KEY (item_id) REFERENCES governance.item(item_id),
  constraint a_factor_is_a_fraction CHECK (((numerator IS NULL) = (denominator IS NULL))),
  constraint item_unit_denominator_check CHECK ((denominator > 0)),
  constraint item_unit_numerator_check CHECK ((numerator > 0))
);
CREATE TRIGGER keep_change AFTER INSERT OR DELETE OR UPDATE ON governance.item_unit FOR EACH ROW EXECUTE FUNCTION governance.keep_change();

create table governance.kit_component (
  kit_item_id text not null,
  component_item_id text not null,
  quantity bigint not null,
  constraint kit_component_pkey PRIMARY KEY (kit_item_id, component_item_id),
  constraint kit_component_component_item_id_fkey FOREIGN KEY (component_item_id) REFERENCES governance.item(item_id),
  constraint kit_component_kit_item_id_fkey FOREIGN KEY (kit_item_id) REFERENCES governance.item(item_id),
  constraint kit_component_quantity_check CHECK ((quantity > 0)),
  constraint kit_is_not_its_own_part CHECK ((kit_item_id <> component_item_id))
);
CREATE INDEX kit_component_of ON governance.kit_component USING btree (component_item_id);
CREATE TRIGGER keep_change AFTER INSERT OR DELETE OR UPDATE ON governance.kit_component FOR EACH ROW EXECUTE FUNCTION governance.keep_change();

create table governance.location (
  location_id text not null,
  code text not null,
  name text not null,
  type text not null,
  time_zone text not null default 'UTC'::text,
  created_at timestamp with time zone not null,
  constraint location_pkey PRIMARY KEY (location_id),
  constraint location_code_key UNIQUE (code),
  constraint location_type_check CHECK ((type = ANY (ARRAY['warehouse'::text, 'store'::text, '3pl'::text, 'vendor'::text, 'virtual'::text])))
);
CREATE TRIGGER keep_change AFTER INSERT OR DELETE OR UPDATE ON governance.location FOR EACH ROW EXECUTE FUNCTION governance.keep_change();

create table governance.location_calendar (
  location_id text not null,
  about text not null,
  valid_from timestamp with time zone not null,
  said text,
  constraint location_calendar_pkey PRIMARY KEY (location_id, about, valid_from),
  constraint location_calendar_location_id_fkey FOREIGN KEY (location_id) REFERENCES governance.location(location_id),
  constraint about_something_known CHECK (((about = ANY (ARRAY['working-hours'::text, 'cut-offs'::text, 'dock-to-stock'::text])) OR (about ~ '^day \d{4}-\d{2}-\d{2}$'::text)))
);
CREATE TRIGGER keep_change AFTER INSERT OR DELETE OR UPDATE ON governance.location_calendar FOR EACH ROW EXECUTE FUNCTION governance.keep_change();

create table governance.lot (
  item_id text not null,
  lot text not null,
  expires_on date,
  made_on date,
  attributes jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null,
  expiry_from_receipts boolean not null default false,
  constraint lot_pkey PRIMARY KEY (item_id, lot),
  constraint lot_item_id_fkey FOREIGN KEY (item_id) REFERENCES governance.item(item_id),
  constraint lot_lot_check CHECK ((lot <> ''::text)),
  constraint made_before_it_expires CHECK ((made_on <= expires_on)),
  constraint receipts_say_a_day CHECK (((NOT expiry_from_receipts) OR (expires_on IS NOT NULL)))
);
CREATE INDEX lot_expiry ON governance.lot USING btree (expires_on) WHERE (expires_on IS NOT NULL);
CREATE TRIGGER keep_change AFTER INSERT OR DELETE OR UPDATE ON governance.lot FOR EACH ROW EXECUTE FUNCTION governance.keep_change();

create table governance.lot_statement (
  statement_number bigint not null generated always as identity,
  item_id text not null,
  lot text not null,
  source text not null,
  by_owner boolean not null,
  expires_on date,
  effective_at timestamp with time zone not null,
  fact_id text not null,
  event_number bigint not null,
  recorded_at timestamp with time zone not null,
  differs_since timestamp with time zone,
  concluded_at timestamp with time zone,
  concluded_by text,
  because text,
  taken boolean,
  constraint lot_statement_pkey PRIMARY KEY (statement_number),
  constraint lot_statement_is_one UNIQUE NULLS NOT DISTINCT (item_id, lot, source, by_owner, expires_on),
  constraint conclusion_is_whole CHECK ((num_nulls(concluded_at, concluded_by, because, taken) = ANY (ARRAY[0, 4]))),
  constraint lot_statement_lot_check CHECK ((lot <> ''::text)),
  constraint no_day_never_differs CHECK (((differs_since IS NULL) OR (expires_on IS NOT NULL)))
);
CREATE INDEX lot_statement_concluded ON governance.lot_statement USING btree (statement_number) WHERE (concluded_at IS NOT NULL);
CREATE INDEX lot_statement_open ON governance.lot_statement USING btree (statement_number) WHERE ((differs_since IS NOT NULL) AND (concluded_at IS NULL));

create table governance.ownership (
  measure text not null,
  location_id text not null,
  source text,
  named_location_id text generated always as (NULLIF(location_id, ''::text)) stored,
  valid_from timestamp with time zone not null,
  constraint ownership_pkey PRIMARY KEY (measure, location_id, valid_from),
  constraint ownership_named_location_id_fkey FOREIGN KEY (named_location_id) REFERENCES governance.location(location_id),
  constraint ownership_measure_is_known CHECK ((measure = ANY (ARRAY['physical-stock'::text, 'item-master'::text, 'purchase-orders'::text, 'orders'::text, 'promises'::text, 'listing-content'::text, 'valuation'::text])))
);

create table governance.ownership_change (
  change_number bigint not null generated always as identity,
  measure text not null,
  location_id text not null,
  source text,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone not null,
  before jsonb not null,
  after jsonb not null,
  because text not null,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  correlation_id text not null,
  constraint ownership_change_pkey PRIMARY KEY (change_number),
  constraint ownership_change_lasts CHECK ((valid_from < valid_to))
);
CREATE TRIGGER ownership_changes_are_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON governance.ownership_change FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change('what was decided stays decided');

create view governance.lot_disagreement as
 SELECT s.statement_number,
    s.item_id,
    i.sku,
    s.lot,
    s.source,
    s.expires_on AS stated_on,
    s.fact_id,
    s.event_number,
    s.effective_at,
    s.recorded_at,
    l.expires_on AS kept_on,
    k.source AS kept_source,
    k.event_number AS kept_number,
    s.differs_since,
    s.concluded_at,
    s.concluded_by,
    s.because,
    s.taken
   FROM (((governance.lot_statement s
     JOIN governance.lot l USING (item_id, lot))
     JOIN governance.item i USING (item_id))
     LEFT JOIN LATERAL ( SELECT k_1.source,
            k_1.event_number
           FROM governance.lot_statement k_1
          WHERE (l.expiry_from_receipts AND (k_1.item_id = l.item_id) AND (k_1.lot = l.lot) AND (k_1.expires_on = l.expires_on))
          ORDER BY k_1.by_owner DESC, k_1.effective_at, (k_1.source COLLATE "C"), (k_1.fact_id COLLATE "C")
         LIMIT 1) k ON (true))
  WHERE ((s.differs_since IS NOT NULL) OR (s.concluded_at IS NOT NULL));

CREATE OR REPLACE FUNCTION governance.folded(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN regexp_replace(regexp_replace(lower((name COLLATE "C")), '(^|[^0-9])0+(?=[0-9])'::text, '\1'::text, 'g'::text), '[[:punct:][:space:]]+'::text, ''::text, 'g'::text);

CREATE OR REPLACE FUNCTION governance.keep_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  was jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  now_is jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  told jsonb := coalesce(now_is, was);
begin
  if was is distinct from now_is then
    insert into governance.change (changed_at, changed_by, correlation_id, what, item_id, location_id, before, after)
    values (
      coalesce(nullif(current_setting('crossdock.changed_at', true), '')::timestamptz, now()),
      coalesce(nullif(current_setting('crossdock.changed_by', true), ''), session_user),
      nullif(current_setting('crossdock.correlation_id', true), ''),
      tg_table_name,
      case tg_table_name
        when 'alias' then case when told ->> 'kind' = 'item' then coalesce(told ->> 'target', was ->> 'target') end
        when 'kit_component' then told ->> 'kit_item_id'
        when 'location' then null
        when 'location_calendar' then null
        else told ->> 'item_id'
      end,
      case tg_table_name
        when 'alias' then case when told ->> 'kind' = 'location' then coalesce(told ->> 'target', was ->> 'target') end
        when 'location' then told ->> 'location_id'
        when 'location_calendar' then told ->> 'location_id'
      end,
      was, now_is);
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION governance.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception using
    errcode = 'restrict_violation',
    message = format('%s of %I.%I is refused: %s', tg_op, tg_table_schema, tg_table_name, tg_argv[0]),
    schema = tg_table_schema, table = tg_table_name, constraint = tg_name;
end
$function$;

CREATE OR REPLACE FUNCTION governance.refuse_rewriting_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise check_violation using
    message = 'the history of master data is only added to',
    schema = 'governance', table = 'change', constraint = 'history_is_kept';
end
$function$;

CREATE OR REPLACE FUNCTION governance.tolerance_of(c governance.count_tolerance_change)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select jsonb_build_object(
           'unitsMax', c.units_max, 'percentMax', c.percent_max, 'acceptAfterHours', c.accept_after_hours,
           'valueMax', case when c.value_max is not null
                            then jsonb_build_object('currency', c.currency, 'amount', trim_scale(c.value_max)::text) end)
  where num_nonnulls(c.units_max, c.percent_max, c.value_max) > 0
$function$;

create schema integration;

create table integration.account (
  account_id text not null,
  connector text not null,
  channel_id text,
  settings jsonb not null,
  secrets text not null,
  secret_names text[] not null,
  enabled boolean not null default true,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  duplicates jsonb not null default '{}'::jsonb,
  constraint account_pkey PRIMARY KEY (account_id),
  constraint account_version_check CHECK ((version > 0))
);

create table integration.control_number (
  account_id text not null,
  last bigint not null,
  constraint control_number_pkey PRIMARY KEY (account_id),
  constraint control_number_account_id_fkey FOREIGN KEY (account_id) REFERENCES integration.account(account_id),
  constraint control_number_last_check CHECK ((last >= 0))
);

create table integration.document (
  document_id text not null,
  account_id text not null,
  kind text not null,
  key text not null,
  content jsonb not null,
  correlation_id text not null,
  causation_id text,
  state text not null,
  control_number bigint,
  name text,
  content_type text,
  body bytea,
  attempts integer not null default 0,
  failures integer not null default 0,
  deliveries integer not null default 0,
  next_attempt_at timestamp with time zone not null,
  problem text,
  reference text,
  created_at timestamp with time zone not null,
  delivered_at timestamp with time zone,
  acknowledged text,
  acknowledged_at timestamp with time zone,
  dismissed_at timestamp with time zone,
  dismissed_because text,
  constraint document_pkey PRIMARY KEY (document_id),
  constraint document_account_id_control_number_key UNIQUE (account_id, control_number),
  constraint document_is_written_once UNIQUE (account_id, kind, key),
  constraint document_account_id_fkey FOREIGN KEY (account_id) REFERENCES integration.account(account_id),
  constraint acknowledged_at_a_time CHECK (((acknowledged IS NULL) = (acknowledged_at IS NULL))),
  constraint delivered_at_a_time CHECK (((state <> 'delivered'::text) OR (delivered_at IS NOT NULL))),
  constraint document_acknowledged_check CHECK ((acknowledged = ANY (ARRAY['accepted'::text, 'accepted-with-errors'::text, 'rejected'::text]))),
  constraint document_attempts_check CHECK ((attempts >= 0)),
  constraint document_deliveries_check CHECK ((deliveries >= 0)),
  constraint document_dismissed_for_a_reason CHECK ((((dismissed_at IS NULL) = (dismissed_because IS NULL)) AND ((state <> 'dismissed'::text) OR (COALESCE(btrim(dismissed_because), ''::text) <> ''::text)))),
  constraint document_failures_check CHECK ((failures >= 0)),
  constraint document_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'rendered'::text, 'delivered'::text, 'waiting'::text, 'refused'::text, 'dismissed'::text]))),
  constraint refused_for_a_reason CHECK (((state <> ALL (ARRAY['refused'::text, 'dismissed'::text])) OR (problem IS NOT NULL))),
  constraint rendered_when_it_left CHECK (((state = ANY (ARRAY['queued'::text, 'refused'::text, 'dismissed'::text])) OR ((body IS NOT NULL) AND (name IS NOT NULL))))
);
CREATE INDEX document_name ON integration.document USING btree (account_id, name) WHERE (name IS NOT NULL);
CREATE INDEX document_open ON integration.document USING btree (account_id, document_id) WHERE (state = ANY (ARRAY['queued'::text, 'rendered'::text]));
CREATE INDEX document_refused ON integration.document USING btree (state, document_id) WHERE (state = ANY (ARRAY['refused'::text, 'dismissed'::text]));
CREATE INDEX document_to_fetch ON integration.document USING btree (account_id, document_id) WHERE (state = 'waiting'::text);

create table integration.duplicate_rule_change (
  change_number bigint not null generated always as identity,
  account_id text not null,
  kind text not null,
  before jsonb,
  after jsonb,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  correlation_id text not null,
  constraint duplicate_rule_change_pkey PRIMARY KEY (change_number),
  constraint duplicate_rule_change_account_id_fkey FOREIGN KEY (account_id) REFERENCES integration.account(account_id)
);
CREATE INDEX duplicate_rule_change_of ON integration.duplicate_rule_change USING btree (account_id, change_number);
CREATE TRIGGER duplicate_rule_changes_are_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON integration.duplicate_rule_change FOR EACH STATEMENT EXECUTE FUNCTION integration.refuse_change('what was decided stays decided');

create table integration.fingerprint (
  fingerprint bytea not null,
  account_id text not null,
  kind text not null,
  fact_id text not null,
  message_id text not null,
  counted_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint fingerprint_pkey PRIMARY KEY (fingerprint),
  constraint fingerprint_fingerprint_check CHECK ((octet_length(fingerprint) = 16)),
  constraint fingerprint_lives_for_a_time CHECK ((expires_at > counted_at))
);
CREATE INDEX fingerprint_expiry ON integration.fingerprint USING btree (expires_at);

create table integration.gap (
  account_id text not null,
  stream text not null,
  first bigint not null,
  last bigint not null,
  seen_at timestamp with time zone not null,
  asks integer not null default 0,
  asked_at timestamp with time zone,
  next_ask_at timestamp with time zone,
  answer text,
  constraint gap_pkey PRIMARY KEY (account_id, stream, first),
  constraint gap_account_id_stream_fkey FOREIGN KEY (account_id, stream) REFERENCES integration.stream(account_id, stream),
  constraint gap_asked_at_a_time CHECK (((asks = 0) = (asked_at IS NULL))),
  constraint gap_asks_check CHECK ((asks >= 0)),
  constraint gap_check CHECK ((last >= first))
);
CREATE INDEX gap_age ON integration.gap USING btree (seen_at, account_id, stream, first);
CREATE INDEX gap_to_ask ON integration.gap USING btree (COALESCE(next_ask_at, seen_at));

create table integration.ignored_name (
  account_id text not null,
  kind text not null,
  waits_for text not null,
  because text not null,
  ignored_by text not null,
  ignored_at timestamp with time zone not null,
  constraint ignored_name_pkey PRIMARY KEY (account_id, kind, waits_for),
  constraint ignored_name_account_id_fkey FOREIGN KEY (account_id) REFERENCES integration.account(account_id),
  constraint ignored_name_because_check CHECK ((because <> ''::text)),
  constraint ignored_name_kind_check CHECK ((kind = ANY (ARRAY['item'::text, 'location'::text, 'unit'::text, 'lot'::text])))
);

create table integration.lot_said (
  said_number bigint not null generated always as identity,
  account_id text not null,
  waits_for text not null,
  lot text not null,
  valid_from timestamp with time zone not null,
  valid_to timestamp with time zone,
  said_by text not null,
  said_at timestamp with time zone not null,
  ended_by text,
  ended_at timestamp with time zone,
  constraint lot_said_pkey PRIMARY KEY (said_number),
  constraint lot_said_account_id_fkey FOREIGN KEY (account_id) REFERENCES integration.account(account_id),
  constraint ended_by_somebody CHECK ((((ended_by IS NULL) = (ended_at IS NULL)) AND ((ended_at IS NULL) OR (valid_to IS NOT NULL)))),
  constraint lot_said_in_a_period CHECK ((valid_to >= valid_from)),
  constraint lot_said_lot_check CHECK (((length(lot) >= 1) AND (length(lot) <= 80)))
);
CREATE INDEX lot_said_of ON integration.lot_said USING btree (account_id, waits_for, said_number);

create table integration.message (
  message_id text not null,
  account_id text not null,
  key text not null,
  kind text not null,
  headers jsonb not null,
  body bytea not null,
  body_hash text not null,
  correlation_id text not null,
  received_at timestamp with time zone not null,
  delivery_count integer not null default 1,
  state text not null,
  released_at timestamp with time zone,
  attempts integer not null default 0,
  not_before timestamp with time zone not null,
  mapped_at timestamp with time zone,
  problem text,
  records integer not null default 0,
  applied integer not null default 0,
  duplicates integer not null default 0,
  ignored integer not null default 0,
  parked integer not null default 0,
  dismissed_at timestamp with time zone,
  dismissed_because text,
  duplicates_by_fingerprint integer not null default 0,
  applied_in_doubt integer not null default 0,
  applied_master integer not null default 0,
  constraint message_pkey PRIMARY KEY (message_id),
  constraint message_is_stored_once UNIQUE (account_id, key, body_hash),
  constraint message_account_id_fkey FOREIGN KEY (account_id) REFERENCES integration.account(account_id),
  constraint dismissed_for_a_reason CHECK ((((dismissed_at IS NULL) = (dismissed_because IS NULL)) AND ((state <> 'dismissed'::text) OR (COALESCE(btrim(dismissed_because), ''::text) <> ''::text)))),
  constraint doubts_are_part_of_their_counts CHECK ((((duplicates_by_fingerprint >= 0) AND (duplicates_by_fingerprint <= duplicates)) AND ((applied_in_doubt >= 0) AND (applied_in_doubt <= applied)))),
  constraint every_record_is_accounted_for CHECK ((records = (((applied + duplicates) + ignored) + parked))),
  constraint mapped_at_a_time CHECK (((state = 'mapped'::text) = (mapped_at IS NOT NULL))),
  constraint master_is_part_of_what_was_applied CHECK (((applied_master >= 0) AND (applied_master <= applied))),
  constraint message_applied_check CHECK ((applied >= 0)),
  constraint message_attempts_check CHECK ((attempts >= 0)),
  constraint message_delivery_count_check CHECK ((delivery_count > 0)),
  constraint message_duplicates_check CHECK ((duplicates >= 0)),
  constraint message_ignored_check CHECK ((ignored >= 0)),
  constraint message_parked_check CHECK ((parked >= 0)),
  constraint message_state_check CHECK ((state = ANY (ARRAY['stored'::text, 'mapped'::text, 'suspect'::text, 'dead'::text, 'dismissed'::text]))),
  constraint nothing_counts_before_it_is_mapped CHECK (((state = 'mapped'::text) OR (records = 0))),
  constraint trouble_is_explained CHECK (((state <> ALL (ARRAY['suspect'::text, 'dead'::text, 'dismissed'::text])) OR (problem IS NOT NULL)))
);
CREATE INDEX message_heard ON integration.message USING btree (account_id, received_at);
CREATE UNIQUE INDEX message_key_is_trusted_once ON integration.message USING btree (account_id, key) WHERE ((state <> ALL (ARRAY['suspect'::text, 'dismissed'::text])) AND (released_at IS NULL));
CREATE INDEX message_troubled ON integration.message USING btree (message_id) WHERE (state = ANY (ARRAY['suspect'::text, 'dead'::text]));
CREATE INDEX message_waiting ON integration.message USING btree (not_before, message_id) WHERE (state = 'stored'::text);

create table integration.parked (
  message_id text not null,
  record integer not null,
  at text not null,
  reason text not null,
  detail text not null,
  waits_for_kind text,
  waits_for text,
  waits_for_reference jsonb,
  waits_for_unit text,
  statement jsonb,
  state text not null,
  parked_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  settled_because text,
  attempts integer not null default 1,
  constraint parked_pkey PRIMARY KEY (message_id, record),
  constraint parked_message_id_fkey FOREIGN KEY (message_id) REFERENCES integration.message(message_id),
  constraint dropped_for_a_reason CHECK (((state <> 'dropped'::text) OR (settled_because IS NOT NULL))),
  constraint parked_record_check CHECK ((record >= 0)),
  constraint parked_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'parked'::text, 'applied'::text, 'duplicate'::text, 'dropped'::text]))),
  constraint parked_waits_for_kind_check CHECK ((waits_for_kind = ANY (ARRAY['item'::text, 'location'::text, 'unit'::text, 'lot'::text]))),
  constraint settled_when_ended CHECK (((state = ANY (ARRAY['waiting'::text, 'parked'::text])) = (settled_at IS NULL))),
  constraint waiting_for_something CHECK (((state <> 'waiting'::text) OR ((waits_for_kind IS NOT NULL) AND (waits_for IS NOT NULL) AND (waits_for_reference IS NOT NULL) AND (statement IS NOT NULL))))
);
CREATE INDEX parked_dropped ON integration.parked USING btree (settled_at) WHERE (state = 'dropped'::text);
CREATE INDEX parked_open ON integration.parked USING btree (parked_at, message_id, record) WHERE (state = ANY (ARRAY['waiting'::text, 'parked'::text]));
CREATE INDEX parked_proposal ON integration.parked USING btree (waits_for) WHERE ((state = 'parked'::text) AND (reason = 'not-the-owner'::text));
CREATE INDEX parked_waiting ON integration.parked USING btree (waits_for_kind, waits_for, message_id, record) WHERE (state = 'waiting'::text);

create table integration.spent_number (
  account_id text not null,
  stream text not null,
  first bigint not null,
  last bigint not null,
  constraint spent_number_pkey PRIMARY KEY (account_id, stream, first),
  constraint spent_number_account_id_stream_fkey FOREIGN KEY (account_id, stream) REFERENCES integration.stream(account_id, stream),
  constraint spent_number_check CHECK ((last >= first))
);

create table integration.stream (
  account_id text not null,
  stream text not null,
  lowest bigint not null,
  highest bigint not null,
  constraint stream_pkey PRIMARY KEY (account_id, stream),
  constraint stream_account_id_fkey FOREIGN KEY (account_id) REFERENCES integration.account(account_id),
  constraint stream_check CHECK ((highest >= lowest))
);

create table integration.version (
  account_id text not null,
  entity text not null,
  compared_by text not null,
  newest text collate "C",
  fact_id text,
  content_hash text,
  changed_at timestamp with time zone not null,
  constraint version_pkey PRIMARY KEY (account_id, entity),
  constraint version_compared_by_check CHECK ((compared_by = ANY (ARRAY['number'::text, 'instant'::text, 'text'::text]))),
  constraint version_is_of_a_fact CHECK ((((newest IS NULL) = (fact_id IS NULL)) AND ((newest IS NULL) = (content_hash IS NULL))))
);

create table integration.void_number (
  account_id text not null,
  stream text not null,
  first bigint not null,
  last bigint not null,
  because text not null,
  told_at timestamp with time zone not null,
  told_by text,
  correlation_id text,
  constraint void_number_pkey PRIMARY KEY (account_id, stream, first),
  constraint void_number_account_id_stream_fkey FOREIGN KEY (account_id, stream) REFERENCES integration.stream(account_id, stream),
  constraint told_by_a_person_on_a_journey CHECK (((told_by IS NULL) = (correlation_id IS NULL))),
  constraint void_number_because_check CHECK ((btrim(because) <> ''::text)),
  constraint void_number_check CHECK ((last >= first))
);

create table integration.void_number_arrived (
  account_id text not null,
  stream text not null,
  number bigint not null,
  arrived_at timestamp with time zone not null,
  constraint void_number_arrived_pkey PRIMARY KEY (account_id, stream, number),
  constraint void_number_arrived_account_id_stream_fkey FOREIGN KEY (account_id, stream) REFERENCES integration.stream(account_id, stream)
);

CREATE OR REPLACE FUNCTION integration.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise restrict_violation using
    message = format('%s of %I.%I is refused: %s', tg_op, tg_table_schema, tg_table_name, tg_argv[0]),
    schema = tg_table_schema, table = tg_table_name, constraint = tg_name;
end
$function$;

create schema ledger;

create type ledger.status as enum ('available', 'held', 'allocated', 'picked', 'channel-reserved', 'quarantined', 'damaged', 'in-transit');

create sequence ledger.transfer_id as bigint start 1 increment 1 cache 1;

create table ledger.archived_total (
  position_id bigint not null,
  first_number bigint not null,
  reason text not null,
  status ledger.status not null,
  units_in bigint not null,
  units_out bigint not null,
  transfers bigint not null,
  effective_to timestamp with time zone not null,
  recorded_to timestamp with time zone not null,
  constraint archived_total_pkey PRIMARY KEY (position_id, first_number, reason, status),
  constraint archived_total_position_id_fkey FOREIGN KEY (position_id) REFERENCES ledger."position"(position_id),
  constraint archived_total_transfers_check CHECK ((transfers >= 0)),
  constraint archived_total_units_in_check CHECK ((units_in >= 0)),
  constraint archived_total_units_out_check CHECK ((units_out >= 0))
);

create table ledger.checkpoint (
  position_id bigint not null,
  taken_at timestamp with time zone not null,
  made_at timestamp with time zone not null,
  units bigint[] not null,
  transfers bigint not null,
  constraint checkpoint_pkey PRIMARY KEY (position_id, taken_at),
  constraint checkpoint_position_id_fkey FOREIGN KEY (position_id) REFERENCES ledger."position"(position_id),
  constraint checkpoint_transfers_check CHECK ((transfers > 0))
);

create table ledger.checkpoint_change (
  position_id bigint not null,
  taken_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  status ledger.status not null,
  units bigint not null,
  transfers bigint not null,
  constraint checkpoint_change_position_id_taken_at_fkey FOREIGN KEY (position_id, taken_at) REFERENCES ledger.checkpoint(position_id, taken_at)
);
CREATE INDEX checkpoint_change_of ON ledger.checkpoint_change USING btree (position_id, taken_at);

create table ledger.claim (
  event_number bigint not null,
  source text not null,
  location_id text not null,
  owner text not null,
  recorded_at timestamp with time zone not null,
  effective_at timestamp with time zone not null,
  constraint claim_pkey PRIMARY KEY (event_number)
);
CREATE INDEX claim_at ON ledger.claim USING btree (location_id, effective_at);

create table ledger.claimed_location (
  location_id text not null,
  source text not null,
  said_at timestamp with time zone not null,
  in_order text not null,
  event_number bigint not null,
  constraint claimed_location_pkey PRIMARY KEY (location_id, source)
);

create table ledger.claimed_quantity (
  location_id text not null,
  item_id text not null,
  lot text not null,
  source text not null,
  said_at timestamp with time zone not null,
  in_order text not null,
  on_hand bigint not null,
  event_number bigint not null,
  constraint claimed_quantity_pkey PRIMARY KEY (location_id, item_id, lot, source),
  constraint claimed_quantity_on_hand_check CHECK ((on_hand >= 0))
);

create table ledger.count (
  position_id bigint not null,
  counted_at timestamp with time zone not null,
  in_order text not null,
  counted bigint not null,
  event_number bigint not null,
  shelf text not null default 'on-hand'::text,
  watermark_source text,
  watermark_stream text,
  watermark_number bigint,
  constraint count_pkey PRIMARY KEY (position_id, counted_at, shelf),
  constraint count_position_id_fkey FOREIGN KEY (position_id) REFERENCES ledger."position"(position_id),
  constraint count_counted_check CHECK ((counted >= 0)),
  constraint count_shelf_check CHECK ((shelf = ANY (ARRAY['on-hand'::text, 'quarantined'::text, 'damaged'::text]))),
  constraint count_watermark_is_whole CHECK ((num_nulls(watermark_source, watermark_stream, watermark_number) = ANY (ARRAY[0, 3])))
);
CREATE INDEX count_watermark ON ledger.count USING btree (position_id) WHERE (watermark_number IS NOT NULL);

create table ledger.count_case (
  case_number bigint not null generated always as identity,
  position_id bigint not null,
  location_id text not null,
  source text not null,
  counted_at timestamp with time zone not null,
  in_order text not null,
  counted bigint not null,
  quarantined bigint,
  damaged bigint,
  watermark_stream text,
  watermark_number bigint,
  expected bigint not null,
  position_version bigint not null,
  event_number bigint not null,
  snapshot_number bigint,
  opened_at timestamp with time zone not null,
  accept_at timestamp with time zone,
  state text not null default 'open'::text,
  closed_at timestamp with time zone,
  closed_by text,
  closed_because text,
  constraint count_case_pkey PRIMARY KEY (case_number),
  constraint case_is_one_count UNIQUE (position_id, counted_at, in_order),
  constraint count_case_position_id_fkey FOREIGN KEY (position_id) REFERENCES ledger."position"(position_id),
  constraint count_case_snapshot_number_fkey FOREIGN KEY (snapshot_number) REFERENCES ledger.snapshot(snapshot_number),
  constraint case_watermark_is_whole CHECK ((num_nulls(watermark_stream, watermark_number) = ANY (ARRAY[0, 2]))),
  constraint closing_is_whole CHECK ((num_nulls(closed_at, closed_by, closed_because) =
CASE state
    WHEN 'open'::text THEN 3
    ELSE 0
END)),
  constraint conditions_are_both CHECK ((num_nulls(quarantined, damaged) = ANY (ARRAY[0, 2]))),
  constraint count_case_counted_check CHECK ((counted >= 0)),
  constraint count_case_damaged_check CHECK ((damaged >= 0)),
  constraint count_case_quarantined_check CHECK ((quarantined >= 0)),
  constraint count_case_state_check CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'rejected'::text, 'superseded'::text])))
);
CREATE INDEX count_case_due ON ledger.count_case USING btree (accept_at) WHERE ((state = 'open'::text) AND (accept_at IS NOT NULL));
CREATE INDEX count_case_of_snapshot ON ledger.count_case USING btree (snapshot_number) WHERE (snapshot_number IS NOT NULL);
CREATE INDEX count_case_open ON ledger.count_case USING btree (position_id) WHERE (state = 'open'::text);
CREATE INDEX count_case_withheld ON ledger.count_case USING btree (location_id, counted_at, in_order) WHERE (state <> 'accepted'::text);

create table ledger.coverage (
  location_id text not null,
  counted_at timestamp with time zone not null,
  shelf text not null,
  in_order text not null,
  watermark_source text,
  watermark_stream text,
  watermark_number bigint,
  constraint coverage_pkey PRIMARY KEY (location_id, counted_at, shelf, in_order),
  constraint coverage_shelf_check CHECK ((shelf = ANY (ARRAY['on-hand'::text, 'quarantined'::text, 'damaged'::text]))),
  constraint coverage_watermark_is_whole CHECK ((num_nulls(watermark_source, watermark_stream, watermark_number) = ANY (ARRAY[0, 3])))
);

create table ledger.fact_outcome (
  event_number bigint not null,
  outcome text not null,
  recorded_at timestamp with time zone not null,
  constraint fact_outcome_pkey PRIMARY KEY (event_number),
  constraint fact_outcome_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'claim'::text])))
) partition by RANGE (event_number);

create table ledger.fact_outcome_from_1 partition of ledger.fact_outcome FOR VALUES FROM ('1') TO ('10000001');

create table ledger.lane_transfer (
  from_location_id text not null,
  to_location_id text not null,
  transfer_number text not null,
  item_id text not null,
  lot text not null,
  dispatched bigint not null,
  received bigint not null,
  lost bigint not null,
  expected_at timestamp with time zone,
  last_event_number bigint not null,
  constraint lane_transfer_pkey PRIMARY KEY (from_location_id, to_location_id, transfer_number, item_id, lot),
  constraint lane_transfer_dispatched_check CHECK ((dispatched >= 0)),
  constraint lane_transfer_lost_check CHECK ((lost >= 0)),
  constraint lane_transfer_received_check CHECK ((received >= 0))
);
CREATE INDEX lane_transfer_open ON ledger.lane_transfer USING btree (to_location_id, last_event_number) WHERE (dispatched <> (received + lost));

create table ledger.numbering (
  source text not null,
  stream text not null,
  number_highest bigint not null,
  effective_at_latest timestamp with time zone not null,
  numbers bigint[] not null,
  event_numbers bigint[] not null,
  constraint numbering_is_in_pairs CHECK ((cardinality(numbers) = cardinality(event_numbers)))
);
CREATE INDEX numbering_by_number ON ledger.numbering USING btree (source, stream, number_highest);
CREATE INDEX numbering_by_time ON ledger.numbering USING btree (source, stream, effective_at_latest);

create table ledger."position" (
  position_id bigint not null generated always as identity,
  item_id text not null,
  location_id text not null,
  lot text not null default ''::text,
  available bigint not null default 0,
  held bigint not null default 0,
  allocated bigint not null default 0,
  picked bigint not null default 0,
  channel_reserved bigint not null default 0,
  quarantined bigint not null default 0,
  damaged bigint not null default 0,
  in_transit bigint not null default 0,
  uncovered bigint not null default 0,
  version bigint not null default 0,
  is_short boolean not null generated always as (((uncovered > 0) AND ((held + allocated) > 0))) stored,
  constraint position_pkey PRIMARY KEY (position_id),
  constraint position_is_unique UNIQUE (item_id, location_id, lot),
  constraint no_oversell CHECK (((uncovered >= 0) AND ((available + uncovered) >= 0))),
  constraint promises_are_not_negative CHECK (((held >= 0) AND (allocated >= 0))),
  constraint ring_fences_are_not_negative CHECK ((channel_reserved >= 0))
) with (fillfactor=70);
CREATE INDEX position_by_location ON ledger."position" USING btree (location_id, item_id);
CREATE INDEX position_short ON ledger."position" USING btree (position_id) WHERE is_short;
CREATE TRIGGER position_is_kept BEFORE DELETE ON ledger."position" FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change('transfers name positions for good');
CREATE TRIGGER positions_are_kept BEFORE TRUNCATE ON ledger."position" FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change('transfers name positions for good');

create table ledger.receipt_line (
  location_id text not null,
  purchase_order text not null,
  receipt_number text not null,
  receipt_line text not null,
  item_id text not null,
  expected bigint not null,
  expected_as_of timestamp with time zone not null,
  received bigint not null,
  last_event_number bigint not null,
  constraint receipt_line_pkey PRIMARY KEY (location_id, purchase_order, receipt_number, receipt_line, item_id),
  constraint receipt_line_expected_check CHECK ((expected >= 0)),
  constraint receipt_line_received_check CHECK ((received >= 0))
);
CREATE INDEX receipt_line_differs ON ledger.receipt_line USING btree (location_id, last_event_number) WHERE (received <> expected);

create table ledger.snapshot (
  snapshot_number bigint not null generated always as identity,
  source text not null,
  snapshot_id text not null,
  location_id text not null,
  taken_at timestamp with time zone not null,
  scope text not null,
  conditions boolean not null,
  watermark_stream text,
  watermark_number bigint,
  owner text not null,
  state text not null default 'gathering'::text,
  pages bigint,
  pages_come bigint not null default 0,
  rows_come bigint not null default 0,
  rows_unresolved bigint not null default 0,
  event_number bigint not null,
  first_come_at timestamp with time zone not null,
  last_come_at timestamp with time zone not null,
  correlation_id text not null,
  revision bigint not null default 0,
  revision_taken bigint not null default 0,
  pass bigint not null default 0,
  positions_total bigint not null default 0,
  positions_done bigint not null default 0,
  positions_changed bigint not null default 0,
  units_found bigint not null default 0,
  units_missing bigint not null default 0,
  applied_at timestamp with time zone,
  positions_compared bigint,
  concluded_at timestamp with time zone,
  concluded_by text,
  concluded_because text,
  units_come bigint default 0,
  constraint snapshot_pkey PRIMARY KEY (snapshot_number),
  constraint snapshot_is_one UNIQUE NULLS NOT DISTINCT (source, snapshot_id, location_id, taken_at, scope, conditions, watermark_stream, watermark_number),
  constraint conclusion_is_whole CHECK ((num_nulls(concluded_at, concluded_by, concluded_because) = ANY (ARRAY[0, 3]))),
  constraint only_full_snapshots_are_concluded CHECK (((concluded_at IS NULL) OR (scope = 'full'::text))),
  constraint snapshot_scope_check CHECK ((scope = ANY (ARRAY['full'::text, 'partial'::text]))),
  constraint snapshot_state_check CHECK ((state = ANY (ARRAY['gathering'::text, 'ready'::text, 'held'::text, 'dismissed'::text, 'applied'::text, 'claim'::text]))),
  constraint snapshot_units_come_check CHECK (((units_come >= 0) AND (units_come <= '9007199254740991'::bigint))),
  constraint snapshot_watermark_is_whole CHECK ((num_nulls(watermark_stream, watermark_number) = ANY (ARRAY[0, 2])))
);
CREATE INDEX snapshot_gathering ON ledger.snapshot USING btree (first_come_at) WHERE (state = 'gathering'::text);
CREATE INDEX snapshot_held ON ledger.snapshot USING btree (snapshot_number) WHERE (state = 'held'::text);
CREATE INDEX snapshot_taken_of ON ledger.snapshot USING btree (location_id, taken_at);
CREATE INDEX snapshot_to_take ON ledger.snapshot USING btree (snapshot_number) WHERE (state = 'ready'::text);

create unlogged table ledger.snapshot_columns (
  snapshot_number bigint not null,
  event_number bigint not null,
  rows bigint not null,
  items jsonb not null,
  counted bigint[] not null,
  lots jsonb,
  statuses jsonb
);
CREATE INDEX snapshot_columns_of ON ledger.snapshot_columns USING btree (snapshot_number);

create table ledger.snapshot_hold (
  snapshot_number bigint not null,
  reasons text[] not null,
  positions_compared bigint not null,
  positions_differing bigint not null,
  units_expected bigint not null,
  units_found bigint not null,
  units_missing bigint not null,
  rows_come bigint not null,
  rows_before bigint,
  held_at timestamp with time zone not null,
  decision text,
  decided_at timestamp with time zone,
  decided_by text,
  decided_because text,
  archive text,
  too_many jsonb,
  constraint snapshot_hold_pkey PRIMARY KEY (snapshot_number),
  constraint snapshot_hold_snapshot_number_fkey FOREIGN KEY (snapshot_number) REFERENCES ledger.snapshot(snapshot_number),
  constraint archive_is_named CHECK (((archive IS NOT NULL) = ('past-archived'::text = ANY (reasons)))),
  constraint decision_is_whole CHECK ((num_nulls(decision, decided_at, decided_by, decided_because) = ANY (ARRAY[0, 4]))),
  constraint snapshot_hold_decision_check CHECK ((decision = ANY (ARRAY['accepted'::text, 'dismissed'::text]))),
  constraint snapshot_hold_reasons_check CHECK (((reasons <@ ARRAY['units-missing'::text, 'positions-differ'::text, 'fewer-rows'::text, 'many-cases'::text, 'past-archived'::text, 'too-many-units'::text]) AND (cardinality(reasons) > 0))),
  constraint too_many_is_named CHECK (((too_many IS NOT NULL) = ('too-many-units'::text = ANY (reasons))))
);

create table ledger.snapshot_page (
  snapshot_number bigint not null,
  page bigint not null,
  row_number bigint not null,
  event_number bigint not null,
  rows bigint not null,
  unresolved bigint not null,
  constraint snapshot_page_pkey PRIMARY KEY (snapshot_number, page, row_number),
  constraint snapshot_page_snapshot_number_fkey FOREIGN KEY (snapshot_number) REFERENCES ledger.snapshot(snapshot_number)
);

create unlogged table ledger.snapshot_slice (
  slice_number bigint not null generated always as identity,
  snapshot_number bigint not null,
  comparison bigint not null,
  kind text not null,
  item_ids text[] not null,
  lots text[] not null,
  position_ids bigint[],
  versions bigint[],
  account_ids bigint[],
  on_hand bigint[] not null,
  quarantined bigint[] not null,
  damaged bigint[] not null,
  event_numbers bigint[] not null,
  constraint snapshot_slice_pkey PRIMARY KEY (slice_number),
  constraint snapshot_slice_kind_check CHECK ((kind = ANY (ARRAY['plain'::text, 'moved'::text, 'missing'::text])))
);
CREATE INDEX snapshot_slice_of ON ledger.snapshot_slice USING btree (snapshot_number);

create table ledger.supply_arrival (
  event_number bigint not null,
  kind text not null,
  item_id text not null,
  location_id text not null,
  document text not null,
  line text not null,
  arrived_at timestamp with time zone not null,
  quantity bigint not null,
  constraint supply_arrival_pkey PRIMARY KEY (event_number),
  constraint supply_arrival_kind_check CHECK ((kind = ANY (ARRAY['receipt'::text, 'dispatch'::text, 'return'::text, 'production'::text]))),
  constraint supply_arrival_quantity_check CHECK ((quantity > 0))
);
CREATE INDEX supply_arrival_item ON ledger.supply_arrival USING btree (item_id, document, arrived_at);

create table ledger.supply_decision (
  source text not null,
  kind text not null,
  document text not null,
  line text not null,
  expected_at timestamp with time zone not null,
  decision text not null,
  until timestamp with time zone,
  decided_by text not null,
  because text not null,
  decided_at timestamp with time zone not null,
  event_number bigint not null,
  constraint supply_decision_pkey PRIMARY KEY (source, kind, document, line),
  constraint only_a_cancellation_has_no_end CHECK (((until IS NULL) = (decision = 'cancel'::text))),
  constraint supply_decision_decision_check CHECK ((decision = ANY (ARRAY['keep'::text, 'cancel'::text, 'ignore'::text])))
);

create table ledger.supply_line (
  source text not null,
  kind text not null,
  document text not null,
  line text not null,
  item_id text not null,
  location_id text not null,
  from_location_id text,
  vendor text,
  quantity bigint not null,
  basis text not null,
  expected_at timestamp with time zone not null,
  leaves_at timestamp with time zone,
  cancelled boolean not null,
  revision bigint not null,
  as_of timestamp with time zone not null,
  statement_id text not null,
  first_as_of timestamp with time zone not null,
  event_number bigint not null,
  settled bigint not null default 0,
  constraint supply_line_pkey PRIMARY KEY (source, kind, document, line),
  constraint supply_line_basis_check CHECK ((basis = ANY (ARRAY['ordered'::text, 'open'::text]))),
  constraint supply_line_kind_check CHECK ((kind = ANY (ARRAY['purchase-order'::text, 'transfer'::text, 'return'::text, 'production'::text]))),
  constraint supply_line_quantity_check CHECK ((quantity >= 0)),
  constraint supply_line_settled_check CHECK ((settled >= 0))
);
CREATE INDEX supply_line_due ON ledger.supply_line USING btree (expected_at, item_id) WHERE ((quantity > 0) AND (NOT cancelled));
CREATE INDEX supply_line_item ON ledger.supply_line USING btree (item_id);
CREATE INDEX supply_line_open ON ledger.supply_line USING btree (item_id) WHERE ((quantity > 0) AND (NOT cancelled));

create table ledger.supply_settled (
  item_id text not null,
  before timestamp with time zone not null,
  constraint supply_settled_pkey PRIMARY KEY (item_id)
);

create table ledger.transfer (
  transfer_id bigint not null default nextval('ledger.transfer_id'::regclass),
  from_position_id bigint not null,
  from_status ledger.status not null,
  to_position_id bigint not null,
  to_status ledger.status not null,
  quantity bigint not null,
  reason text not null,
  effective_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  event_number bigint not null,
  reservation_id text,
  constraint transfer_pkey PRIMARY KEY (event_number, transfer_id),
  constraint transfer_moves_something CHECK (((from_position_id <> to_position_id) OR (from_status <> to_status))),
  constraint transfer_quantity_check CHECK ((quantity > 0))
) partition by RANGE (event_number);
CREATE INDEX transfer_counted ON ONLY ledger.transfer USING btree (effective_at) WHERE (reason = 'count'::text);
CREATE INDEX transfer_effective_at ON ONLY ledger.transfer USING brin (effective_at);
CREATE INDEX transfer_from ON ONLY ledger.transfer USING btree (from_position_id, effective_at);
CREATE INDEX transfer_to ON ONLY ledger.transfer USING btree (to_position_id, effective_at);
CREATE TRIGGER transfer_places_are_final BEFORE UPDATE OF from_position_id, to_position_id ON ledger.transfer FOR EACH ROW WHEN (((old.from_position_id <> new.from_position_id) OR (old.to_position_id <> new.to_position_id))) EXECUTE FUNCTION ledger.refuse_change('a correction is a transfer of its own');
CREATE TRIGGER transfer_positions_exist AFTER INSERT ON ledger.transfer REFERENCING NEW TABLE AS new_transfer FOR EACH STATEMENT EXECUTE FUNCTION ledger.check_transfer_positions();

create table ledger.transfer_from_1 partition of ledger.transfer FOR VALUES FROM ('1') TO ('10000001');

create view ledger.archived as
 SELECT t.position_id,
    t.first_number,
    t.reason,
    t.status,
    t.units_in,
    t.units_out,
    t.transfers,
    t.effective_to,
    t.recorded_to,
    (t.units_in - t.units_out) AS units,
    s.archive
   FROM (ledger.archived_total t
     JOIN backbone.stretch s USING (first_number))
  WHERE (s.state = 'archived'::text);

create view ledger.claimed_unsettled as
 SELECT source,
    location_id,
    taken_at AS said_at,
    ((snapshot_id || ' '::text) || source) AS in_order
   FROM ledger.snapshot
  WHERE ((owner <> source) AND (state = ANY (ARRAY['gathering'::text, 'ready'::text])) AND (revision_taken > 0));

create view ledger.count_difference as
 SELECT t.effective_at,
    t.event_number,
    e.source,
    p.position_id,
    p.item_id,
    p.location_id,
    p.lot,
    (sum(side.units))::bigint AS units
   FROM (((ledger.transfer t
     CROSS JOIN LATERAL ( VALUES (t.to_position_id,t.quantity), (t.from_position_id,(- t.quantity))) side(position_id, units))
     JOIN ledger."position" p ON (((p.position_id = side.position_id) AND (p.location_id <> 'count-variance'::text))))
     JOIN backbone.event e ON ((e.number = t.event_number)))
  WHERE (t.reason = 'count'::text)
  GROUP BY t.effective_at, t.event_number, e.source, p.position_id, p.item_id, p.location_id, p.lot
 HAVING (sum(side.units) <> (0)::numeric);

create view ledger.slice_position as
 SELECT s.slice_number,
    s.snapshot_number,
    s.comparison,
    s.kind,
    r.position_id,
    r.version,
    r.account_id,
    r.item_id,
    r.lot,
    r.on_hand,
    r.quarantined,
    r.damaged,
    r.event_number
   FROM (ledger.snapshot_slice s
     CROSS JOIN LATERAL UNNEST(s.position_ids, s.versions, s.account_ids, s.item_ids, s.lots, s.on_hand, s.quarantined, s.damaged, s.event_numbers) r(position_id, version, account_id, item_id, lot, on_hand, quarantined, damaged, event_number));

create view ledger.snapshot_count as
 SELECT snapshot_number,
    item_id,
    lot,
    (sum((counted)::double precision))::bigint AS on_hand,
    (COALESCE(sum((counted)::double precision) FILTER (WHERE (status = 'quarantined'::text)), (0)::double precision))::bigint AS quarantined,
    (COALESCE(sum((counted)::double precision) FILTER (WHERE (status = 'damaged'::text)), (0)::double precision))::bigint AS damaged,
    min(event_number) AS event_number
   FROM ledger.snapshot_row
  GROUP BY snapshot_number, item_id, lot;

create view ledger.snapshot_row as
 SELECT c.snapshot_number,
    c.event_number,
    r.item_id,
    COALESCE(r.lot, ''::text) AS lot,
    COALESCE(r.status, 'available'::text) AS status,
    r.counted
   FROM (ledger.snapshot_columns c
     CROSS JOIN LATERAL ROWS FROM(jsonb_array_elements_text(c.items), unnest(c.counted), jsonb_array_elements_text(c.lots), jsonb_array_elements_text(c.statuses)) r(item_id, counted, lot, status));

CREATE OR REPLACE FUNCTION ledger.check_transfer_positions()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  missing bigint;
begin
  select named.position_id into missing
  from (select from_position_id as position_id from new_transfer union select to_position_id from new_transfer) as named
  where not exists (select from ledger.position p where p.position_id = named.position_id)
  limit 1;
  if found then
    raise foreign_key_violation using
      message = format('a transfer names position %s, which does not exist', missing),
      schema = 'ledger', table = 'transfer', constraint = 'transfer_positions_exist';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION ledger.claimed_from_log(of_location text, of_source text)
 RETURNS TABLE(item_id text, lot text, said_at timestamp with time zone, in_order text, on_hand bigint, event_number bigint)
 LANGUAGE sql
 STABLE
AS $function$
  with said as (
    select e.data ->> 'item' as item_id, coalesce(e.data ->> 'lot', '') as lot, date_trunc('milliseconds', e.effective_at) as said_at,
           e.id || ' ' || e.source as in_order, (e.data ->> 'counted')::bigint as on_hand, e.number as event_number
    from ledger.claim c join backbone.event e on e.number = c.event_number
    where c.location_id = of_location and c.source = of_source and e.type = 'StockCounted'
    union all
    select line.item_id, coalesce(line.lot, ''), s.taken_at, s.snapshot_id || ' ' || s.source, sum(line.counted::bigint)::bigint,
           min(p.event_number)
    from ledger.snapshot s
    join ledger.snapshot_page p using (snapshot_number)
    join backbone.event e on e.number = p.event_number
    cross join lateral rows from (
      jsonb_array_elements_text(e.data -> 'items'), jsonb_array_elements_text(e.data -> 'counted'),
      jsonb_array_elements_text(e.data -> 'lots')
    ) as line (item_id, counted, lot)
    where s.location_id = of_location and s.source = of_source and s.owner <> s.source and s.state = 'claim'
    group by line.item_id, coalesce(line.lot, ''), s.taken_at, s.snapshot_id, s.source
  )
  select distinct on (item_id, lot) item_id, lot, said_at, in_order, on_hand, event_number
  from said order by item_id, lot, said_at desc, in_order collate "C" desc, event_number desc
$function$;

CREATE OR REPLACE FUNCTION ledger.claimed_location_from_log(of_location text, of_source text)
 RETURNS TABLE(said_at timestamp with time zone, in_order text, event_number bigint)
 LANGUAGE sql
 STABLE
AS $function$
  select taken_at, snapshot_id || ' ' || source, event_number from ledger.snapshot
  where location_id = of_location and source = of_source and owner <> source and state = 'claim' and scope = 'full'
    and rows_unresolved = 0
  order by taken_at desc, snapshot_id || ' ' || source collate "C" desc limit 1
$function$;

CREATE OR REPLACE FUNCTION ledger.last_transfer()
 RETURNS bigint
 LANGUAGE sql
AS $function$ select case when is_called then last_value else 0 end from ledger.transfer_id $function$;

CREATE OR REPLACE FUNCTION ledger.moved_after(instant timestamp with time zone, events bigint[])
 RETURNS TABLE(position_id bigint, units bigint)
 LANGUAGE sql
 STABLE
AS $function$
  select position_id, sum(units)::bigint
  from (
    select side.position_id, case side.status when 'in-transit' then 0 else side.units end as units
    from ledger.transfer t
    cross join lateral (values (t.from_position_id, t.from_status, -t.quantity), (t.to_position_id, t.to_status, t.quantity))
      as side (position_id, status, units)
    where t.effective_at > instant
    union all
    select side.position_id, 0
    from ledger.transfer t cross join lateral (values (t.from_position_id), (t.to_position_id)) as side (position_id)
    where t.event_number = any (events)
    union all
    select a.position_id, 0 from ledger.archived a where a.effective_to > instant
  ) as change group by position_id
$function$;

CREATE OR REPLACE FUNCTION ledger.moved_since(position_ids bigint[], moments timestamp with time zone[], seen bigint[], unseen bigint[])
 RETURNS TABLE(event_number bigint, reason text, effective_at timestamp with time zone, status ledger.status, units bigint)
 LANGUAGE sql
 STABLE
AS $function$
    with asked as (
      select * from unnest(position_ids, moments) as a (position_id, at)
    ), moved as (
      select a.position_id, t.* from asked a join ledger.transfer t on t.to_position_id = a.position_id and t.effective_at > a.at
      where t.reason in ('count', 'count-correction') or t.event_number <> all (seen)
      union
      select a.position_id, t.* from asked a join ledger.transfer t on t.from_position_id = a.position_id and t.effective_at > a.at
      where t.reason in ('count', 'count-correction') or t.event_number <> all (seen)
      union
      select a.position_id, t.* from asked a join ledger.transfer t on a.position_id in (t.to_position_id, t.from_position_id)
      where t.event_number = any (unseen) and t.effective_at <= a.at and t.reason not in ('count', 'count-correction')
    )
    select m.event_number, m.reason, m.effective_at, side.status, side.units
    from moved m cross join lateral (values (m.to_position_id, m.to_status, m.quantity), (m.from_position_id, m.from_status, -m.quantity))
      as side (of_position, status, units)
    where side.of_position = m.position_id
  $function$;

CREATE OR REPLACE FUNCTION ledger.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise restrict_violation using
    message = format('%s of %I.%I is refused: %s', tg_op, tg_table_schema, tg_table_name, tg_argv[0]),
    schema = tg_table_schema, table = tg_table_name, constraint = tg_name;
end
$function$;

CREATE OR REPLACE FUNCTION ledger.supply_arrival_from_log()
 RETURNS SETOF ledger.supply_arrival
 LANGUAGE sql
 STABLE
AS $function$
  select e.number,
         case e.type when 'StockReceived' then 'receipt' when 'TransferDispatched' then 'dispatch' when 'StockReturned' then 'return'
                     else 'production' end,
         coalesce(e.data -> 'to' ->> 'item', e.data ->> 'item'),
         case e.type when 'TransferDispatched' then e.data ->> 'to' else e.data ->> 'location' end,
         coalesce(e.data ->> 'purchaseOrder', e.data ->> 'transferNumber', e.data -> 'orderLine' ->> 'orderId', ''),
         coalesce(e.data ->> 'receiptLine', e.data ->> 'transferLine', e.data -> 'orderLine' ->> 'lineId', ''),
         date_trunc('milliseconds', e.effective_at),
         coalesce((e.data -> 'to' ->> 'quantity')::bigint, (e.data ->> 'quantity')::bigint)
  from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
  where e.type in ('StockReceived', 'TransferDispatched', 'StockReturned', 'StockConverted') and e.source not like '/crossdock/%'
$function$;

CREATE OR REPLACE FUNCTION ledger.supply_from_log()
 RETURNS SETOF ledger.supply_line
 LANGUAGE sql
 STABLE
AS $function$
  with said as (
    select e.source, e.data ->> 'kind' as kind, e.data ->> 'number' as document, coalesce(e.data ->> 'line', '') as line,
           e.data ->> 'item' as item_id, e.data ->> 'location' as location_id, e.data ->> 'from' as from_location_id,
           e.data ->> 'vendor' as vendor, (e.data ->> 'quantity')::bigint as quantity, e.data ->> 'counts' as basis,
           date_trunc('milliseconds', (e.data ->> 'expectedAt')::timestamptz) as expected_at,
           date_trunc('milliseconds', (e.data ->> 'leavesAt')::timestamptz) as leaves_at,
           coalesce((e.data ->> 'cancelled')::boolean, false) as cancelled, coalesce((e.data ->> 'revision')::bigint, 0) as revision,
           date_trunc('milliseconds', e.effective_at) as as_of, e.id as statement_id, e.number as event_number
    from backbone.event e
    where e.type = 'SupplyExpected'
      and (e.transaction, e.number) <= (select s.transaction, s.number from backbone.subscriber s where s.name = 'ledger-supply')
      and not exists (select from backbone.dead_letter d
                      where d.subscriber = 'ledger-supply' and d.number = e.number and d.resolved_at is null)
  )
  select distinct on (source, kind, document, line) source, kind, document, line, item_id, location_id, from_location_id, vendor, quantity,
         basis, expected_at, leaves_at, cancelled, revision, as_of, statement_id,
         min(as_of) over (partition by source, kind, document, line), event_number, 0::bigint
  from said
  order by source, kind, document, line, revision desc, as_of desc, statement_id collate "C" desc
$function$;

create schema orchestration;

create table orchestration.customer_order (
  order_id text not null,
  account_id text not null,
  channel_id text not null,
  order_number text not null,
  state text not null,
  correlation_id text not null,
  content jsonb not null,
  received_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  constraint customer_order_pkey PRIMARY KEY (order_id),
  constraint order_number_is_unique_per_account UNIQUE (account_id, order_number),
  constraint customer_order_state_check CHECK ((state = ANY (ARRAY['received'::text, 'promised'::text, 'on-hold'::text, 'rejected'::text, 'partly-shipped'::text, 'shipped'::text, 'cancelled'::text])))
);
CREATE INDEX order_open ON orchestration.customer_order USING btree (state) WHERE (state = ANY (ARRAY['received'::text, 'promised'::text, 'on-hold'::text, 'partly-shipped'::text]));
CREATE INDEX order_recent ON orchestration.customer_order USING btree (received_at DESC, order_id);

create table orchestration.early_shipment (
  order_id text not null,
  event_number bigint not null,
  constraint early_shipment_pkey PRIMARY KEY (order_id, event_number)
);

create table orchestration.order_line (
  order_id text not null,
  line_id text not null,
  item_id text not null,
  ordered bigint not null,
  promised bigint not null default 0,
  shipped bigint not null default 0,
  not_found bigint not null default 0,
  constraint order_line_pkey PRIMARY KEY (order_id, line_id),
  constraint order_line_order_id_fkey FOREIGN KEY (order_id) REFERENCES orchestration.customer_order(order_id),
  constraint never_promised_beyond_the_order CHECK ((promised <= ordered)),
  constraint only_what_was_promised_is_not_found CHECK (((not_found >= 0) AND (not_found <= promised))),
  constraint order_line_ordered_check CHECK ((ordered > 0)),
  constraint order_line_promised_check CHECK ((promised >= 0)),
  constraint order_line_shipped_check CHECK ((shipped >= 0))
);

create table orchestration.order_line_part (
  order_id text not null,
  line_id text not null,
  item_id text not null,
  per_unit bigint not null,
  shipped bigint not null default 0,
  ordered_item_id text,
  ordered_per_unit bigint,
  was_item_ids text[] not null default '{}'::text[],
  was_units bigint[] not null default '{}'::bigint[],
  constraint order_line_part_pkey PRIMARY KEY (order_id, line_id, item_id),
  constraint order_line_part_order_id_line_id_fkey FOREIGN KEY (order_id, line_id) REFERENCES orchestration.order_line(order_id, line_id),
  constraint names_have_units CHECK ((cardinality(was_item_ids) = cardinality(was_units))),
  constraint order_line_part_per_unit_check CHECK ((per_unit > 0)),
  constraint order_line_part_shipped_check CHECK ((shipped >= 0))
);

create table orchestration.shortfall_policy (
  policy_number bigint not null generated always as identity,
  channel_id text not null,
  rank integer not null,
  yields text[] not null,
  because text not null,
  said_by text not null,
  said_at timestamp with time zone not null,
  correlation_id text not null,
  constraint shortfall_policy_pkey PRIMARY KEY (policy_number),
  constraint shortfall_policy_rank_check CHECK (((rank >= 0) AND (rank <= 999))),
  constraint shortfall_policy_yields_check CHECK ((yields <@ ARRAY['held-first'::text, 'latest-ship-date'::text, 'smallest-order'::text, 'whole-orders-last'::text]))
);
CREATE INDEX shortfall_policy_of ON orchestration.shortfall_policy USING btree (channel_id, policy_number);
CREATE TRIGGER history_is_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON orchestration.shortfall_policy FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_rewriting_history();

create schema platform;

create table platform.lease (
  name text not null,
  holder text not null,
  until timestamp with time zone not null,
  constraint lease_pkey PRIMARY KEY (name)
);

create table platform.migration (
  number integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migration_pkey PRIMARY KEY (number),
  constraint migration_checksum_check CHECK ((checksum ~ '^[0-9a-f]{64}$'::text)),
  constraint migration_name_check CHECK ((name <> ''::text)),
  constraint migration_number_check CHECK ((number > 0))
);

CREATE OR REPLACE FUNCTION platform.oldest_running(elsewhere xid8[])
 RETURNS xid8
 LANGUAGE sql
 STABLE
AS $function$
    select least(
      coalesce(min(running.id), pg_snapshot_xmax(pg_current_snapshot())),
      pg_current_xact_id_if_assigned())
    from pg_snapshot_xip(pg_current_snapshot()) as running (id)
    where running.id <> all (elsewhere)
  $function$;

CREATE OR REPLACE FUNCTION platform.running_elsewhere()
 RETURNS xid8[]
 LANGUAGE sql
AS $function$
    select coalesce(array_agg(running.id), '{}')
    from pg_snapshot_xip(pg_current_snapshot()) as running (id)
    where exists (
      select from pg_locks l
      join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
        and l.transactionid = running.id::xid
        and a.datid <> (select oid from pg_database where datname = current_database()))
  $function$;

create schema verify;

create view verify.archived_order as
 SELECT DISTINCT a.id AS order_id
   FROM (backbone.archived_subject a
     JOIN backbone.stretch s USING (first_number))
  WHERE ((a.kind = 'order'::text) AND (s.state = 'archived'::text));

create view verify.archived_position as
 SELECT position_id,
    max(effective_to) AS effective_to
   FROM ledger.archived
  GROUP BY position_id;

create view verify.archived_reservation as
 SELECT DISTINCT a.id AS reservation_id
   FROM (backbone.archived_subject a
     JOIN backbone.stretch s USING (first_number))
  WHERE ((a.kind = 'reservation'::text) AND (s.state = 'archived'::text));

create view verify.archived_stock as
 SELECT p.item_id,
    p.location_id,
    p.lot,
        CASE a.status
            WHEN 'in-transit'::ledger.status THEN 'in-transit'::text
            ELSE 'on-hand'::text
        END AS kind,
    max(date_trunc('milliseconds'::text, a.effective_to)) AS effective_to,
    sum(a.units) AS units
   FROM (ledger.archived a
     JOIN ledger."position" p USING (position_id))
  GROUP BY p.item_id, p.location_id, p.lot,
        CASE a.status
            WHEN 'in-transit'::ledger.status THEN 'in-transit'::text
            ELSE 'on-hand'::text
        END;

create view verify.converted_line as
 SELECT DISTINCT (data ->> 'orderId'::text) AS order_id,
    (data ->> 'lineId'::text) AS line_id
   FROM backbone.event e
  WHERE ((type = ANY (ARRAY['ReservationConverted'::text, 'LineTotalsConverted'::text])) AND (source = '/crossdock'::text) AND (data ? 'orderId'::text));

create view verify.converted_reservation as
 SELECT reservation_id,
    (array_agg(item_id ORDER BY transaction, number))[1] AS first_item_id,
    (array_agg(quantity ORDER BY transaction, number))[1] AS first_quantity,
    (array_agg(into_item_id ORDER BY transaction DESC, number DESC))[1] AS item_id,
    (array_agg(into_quantity ORDER BY transaction DESC, number DESC))[1] AS quantity
   FROM ( SELECT e.transaction,
            e.number,
            (e.data ->> 'reservationId'::text) AS reservation_id,
            (e.data ->> 'itemId'::text) AS item_id,
            ((e.data ->> 'quantity'::text))::bigint AS quantity,
            (e.data #>> '{into,itemId}'::text[]) AS into_item_id,
            ((e.data #>> '{into,quantity}'::text[]))::bigint AS into_quantity
           FROM backbone.event e
          WHERE ((e.type = 'ReservationConverted'::text) AND (e.source = '/crossdock'::text))) told
  GROUP BY reservation_id;

create view verify.converted_totals as
 SELECT e.number,
    (e.data ->> 'orderId'::text) AS order_id,
    (e.data ->> 'lineId'::text) AS line_id,
    p.position_id,
    side.sign,
    ((side.totals ->> 'picked'::text))::bigint AS picked,
    ((side.totals ->> 'putBack'::text))::bigint AS put_back,
    ((side.totals ->> 'shipped'::text))::bigint AS shipped,
    ((side.totals ->> 'notFound'::text))::bigint AS not_found
   FROM ((backbone.event e
     CROSS JOIN LATERAL ( VALUES ('-1'::integer,e.data), (1,(e.data -> 'into'::text))) side(sign, totals))
     JOIN ledger."position" p ON (((p.item_id = (side.totals ->> 'itemId'::text)) AND (p.location_id = (e.data ->> 'locationId'::text)) AND (p.lot = (e.data ->> 'lot'::text)))))
  WHERE ((e.type = 'LineTotalsConverted'::text) AND (e.source = '/crossdock'::text));

create view verify.full_snapshot as
 SELECT key,
    said,
    location_id,
    at,
    conditions,
    watermark_stream,
    watermark,
    is_full
   FROM verify.snapshot
  WHERE is_full;

create view verify.last_full_snapshot as
 SELECT DISTINCT ON (location_id) key,
    said,
    location_id,
    at,
    conditions,
    watermark_stream,
    watermark,
    is_full
   FROM verify.snapshot
  WHERE is_full
  ORDER BY location_id, at DESC, (said COLLATE "C") DESC;

create view verify.live_stock as
 SELECT "position".item_id,
    "position".location_id,
    "position".lot,
    'on-hand'::text AS kind,
    (((((("position".available + "position".held) + "position".allocated) + "position".picked) + "position".channel_reserved) + "position".quarantined) + "position".damaged) AS units
   FROM ledger."position"
UNION ALL
 SELECT "position".item_id,
    "position".location_id,
    "position".lot,
    'in-transit'::text AS kind,
    "position".in_transit AS units
   FROM ledger."position";

create view verify.reduced_reservation as
 SELECT (data ->> 'reservationId'::text) AS reservation_id,
    (data ->> 'itemId'::text) AS item_id,
    (sum(((data ->> 'quantity'::text))::bigint))::bigint AS units
   FROM backbone.event e
  WHERE ((type = 'ReservationReduced'::text) AND (source = '/crossdock'::text))
  GROUP BY (data ->> 'reservationId'::text), (data ->> 'itemId'::text);

create view verify.said_count as
 SELECT e.number,
    ((e.id || ' '::text) || e.source) AS said,
    date_trunc('milliseconds'::text, e.effective_at) AS at,
    (e.data ->> 'item'::text) AS item_id,
    (e.data ->> 'location'::text) AS location_id,
    COALESCE((e.data ->> 'lot'::text), ''::text) AS lot,
    shelves.shelf,
    ((e.data #>> shelves.path))::bigint AS counted,
    NULL::text AS watermark_stream,
    NULL::bigint AS watermark,
    false AS is_of_full
   FROM ((backbone.event e
     JOIN ledger.fact_outcome o ON (((o.event_number = e.number) AND (o.outcome = 'applied'::text))))
     CROSS JOIN LATERAL ( VALUES ('on-hand'::text,'{counted}'::text[]), ('quarantined'::text,'{conditions,quarantined}'::text[]), ('damaged'::text,'{conditions,damaged}'::text[])) shelves(shelf, path))
  WHERE ((e.type = 'StockCounted'::text) AND ((e.data #> shelves.path) IS NOT NULL))
UNION ALL
 SELECT snapshot_count.number,
    snapshot_count.said,
    snapshot_count.at,
    snapshot_count.item_id,
    snapshot_count.location_id,
    snapshot_count.lot,
    shelves.shelf,
    shelves.counted,
    snapshot_count.watermark_stream,
    snapshot_count.watermark,
    snapshot_count.is_full AS is_of_full
   FROM (verify.snapshot_count
     CROSS JOIN LATERAL ( VALUES ('on-hand'::text,snapshot_count.on_hand,true), ('quarantined'::text,snapshot_count.quarantined,snapshot_count.conditions), ('damaged'::text,snapshot_count.damaged,snapshot_count.conditions)) shelves(shelf, counted, is_told))
  WHERE shelves.is_told;

create view verify.silent_count as
 SELECT w.item_id AS item,
    w.lot,
    w.location_id AS place,
    f.at,
    f.said,
    f.watermark_stream,
    f.watermark,
    (0)::bigint AS counted
   FROM (( SELECT DISTINCT withheld_count.item_id,
            withheld_count.lot,
            withheld_count.location_id
           FROM verify.withheld_count) w
     JOIN verify.full_snapshot f USING (location_id))
  WHERE ((NOT (EXISTS ( SELECT
           FROM verify.snapshot_count c
          WHERE ((c.key = f.key) AND (c.item_id = w.item_id) AND (c.lot = w.lot))))) AND (NOT (EXISTS ( SELECT
           FROM verify.withheld_count x
          WHERE ((x.item_id = w.item_id) AND (x.lot = w.lot) AND (x.location_id = w.location_id) AND (x.at = f.at) AND (x.said = f.said))))));

create view verify.snapshot as
 SELECT snapshot_page.key,
    snapshot_page.said,
    snapshot_page.location_id,
    snapshot_page.at,
    snapshot_page.conditions,
    snapshot_page.watermark_stream,
    snapshot_page.watermark,
    (((snapshot_page.key ->> 4) = 'full'::text) AND ((COALESCE(sum(((snapshot_page.data ->> 'unresolved'::text))::bigint), (0)::numeric) = (count(*) FILTER (WHERE (snapshot_page.data ? 'row'::text)))::numeric) OR bool_or((c.event_number IS NOT NULL)))) AS is_full
   FROM (verify.snapshot_page
     LEFT JOIN ( SELECT g.event_number
           FROM (ledger.snapshot_page g
             JOIN ledger.snapshot s USING (snapshot_number))
          WHERE (s.concluded_at IS NOT NULL)) c ON ((c.event_number = snapshot_page.number)))
  GROUP BY snapshot_page.key, snapshot_page.said, snapshot_page.location_id, snapshot_page.at, snapshot_page.conditions, snapshot_page.watermark_stream, snapshot_page.watermark
 HAVING (count(*) FILTER (WHERE (NOT (snapshot_page.data ? 'row'::text))) >= max(((snapshot_page.data ->> 'pages'::text))::bigint));

create view verify.snapshot_count as
 SELECT s.key,
    s.said,
    s.location_id,
    s.at,
    s.conditions,
    s.watermark_stream,
    s.watermark,
    s.is_full,
    "row".item_id,
    COALESCE(((p.data -> 'lots'::text) ->> (("row".n - 1))::integer), ''::text) AS lot,
    min(p.number) AS number,
    (sum((((p.data -> 'counted'::text) ->> (("row".n - 1))::integer))::bigint))::bigint AS on_hand,
    (COALESCE(sum((((p.data -> 'counted'::text) ->> (("row".n - 1))::integer))::bigint) FILTER (WHERE (((p.data -> 'statuses'::text) ->> (("row".n - 1))::integer) = 'quarantined'::text)), (0)::numeric))::bigint AS quarantined,
    (COALESCE(sum((((p.data -> 'counted'::text) ->> (("row".n - 1))::integer))::bigint) FILTER (WHERE (((p.data -> 'statuses'::text) ->> (("row".n - 1))::integer) = 'damaged'::text)), (0)::numeric))::bigint AS damaged
   FROM (verify.snapshot s
     JOIN verify.snapshot_page p USING (key)),
    LATERAL jsonb_array_elements_text((p.data -> 'items'::text)) WITH ORDINALITY "row"(item_id, n)
  GROUP BY s.key, s.said, s.location_id, s.at, s.conditions, s.watermark_stream, s.watermark, s.is_full, "row".item_id, COALESCE(((p.data -> 'lots'::text) ->> (("row".n - 1))::integer), ''::text);

create view verify.snapshot_page as
 SELECT e.number,
    e.source,
    e.data,
    (e.data ->> 'location'::text) AS location_id,
    date_trunc('milliseconds'::text, e.effective_at) AS at,
    (((e.data ->> 'snapshotId'::text) || ' '::text) || e.source) AS said,
    ((e.source || ' '::text) || (e.data #>> '{watermark,stream}'::text[])) AS watermark_stream,
    ((e.data #>> '{watermark,number}'::text[]))::bigint AS watermark,
    ((e.data -> 'conditions'::text))::boolean AS conditions,
    jsonb_build_array(e.source, (e.data -> 'location'::text), date_trunc('milliseconds'::text, e.effective_at), (e.data -> 'snapshotId'::text), (e.data -> 'scope'::text), (e.data -> 'conditions'::text), (e.data -> 'watermark'::text)) AS key
   FROM (backbone.event e
     JOIN ledger.fact_outcome o ON (((o.event_number = e.number) AND (o.outcome = 'applied'::text))))
  WHERE ((e.type = 'StockSnapshotPage'::text) AND (NOT (EXISTS ( SELECT
           FROM (ledger.snapshot_page p
             JOIN ledger.snapshot_hold h USING (snapshot_number))
          WHERE ((p.event_number = e.number) AND (h.decision IS DISTINCT FROM 'accepted'::text))))));

create view verify.stated_count as
 SELECT number,
    said,
    at,
    item_id,
    location_id,
    lot,
    shelf,
    counted,
    watermark_stream,
    watermark,
    is_of_full
   FROM verify.said_count s
  WHERE (NOT (EXISTS ( SELECT
           FROM verify.withheld_count w
          WHERE ((w.item_id = s.item_id) AND (w.location_id = s.location_id) AND (w.lot = s.lot) AND (w.at = s.at) AND (w.said = s.said)))));

create view verify.withheld_count as
 SELECT p.item_id,
    p.location_id,
    p.lot,
    date_trunc('milliseconds'::text, c.counted_at) AS at,
    c.in_order AS said
   FROM (ledger.count_case c
     JOIN ledger."position" p USING (position_id))
  WHERE (c.state <> 'accepted'::text);

CREATE OR REPLACE FUNCTION verify.is_archived(event_number bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (select from backbone.stretch s
                 where s.state = 'archived' and s.first_number <= event_number and s.end_number > event_number)
$function$;

CREATE OR REPLACE FUNCTION verify.is_partly_archived(item text, location text, of_lot text, of_kind text, counted_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (
    select from verify.archived_stock a
    where (a.item_id, a.location_id, a.lot, a.kind) = (item, location, of_lot, of_kind)
      and case when counted_at is not null then counted_at < a.effective_to
               else exists (select from ledger.count c join ledger.position p using (position_id)
                            where (p.item_id, p.location_id, p.lot) = (item, location, of_lot))
                    or exists (select from ledger.coverage f where f.location_id = location) end)
$function$;

CREATE OR REPLACE FUNCTION verify.place_names(data jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select jsonb_build_object(
           '@here', data ->> 'location', '@from', data ->> 'from', '@to', data ->> 'to',
           '@lane', case when length(name) <= 64 then name
                         else 'transit.' || left(encode(sha256(convert_to(name, 'UTF8')), 'hex'), 40) end)
  from concat('transit.', data ->> 'from', '.', data ->> 'to') as name
$function$;

CREATE OR REPLACE FUNCTION verify.root_of(hashes bytea)
 RETURNS bytea
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
declare
  level bytea := hashes;
  above bytea;
begin
  while octet_length(level) > 32 loop
    above := '';
    for pair in 0 .. octet_length(level) / 64 - 1 loop
      above := above || sha256('\x01'::bytea || substr(level, pair * 64 + 1, 64));
    end loop;
    level := above;
  end loop;
  return level;
end
$function$;

CREATE OR REPLACE FUNCTION verify.tree_root(of_size bigint)
 RETURNS bytea
 LANGUAGE plpgsql
 STABLE STRICT
AS $function$
declare
  nodes bytea[] := '{}';
  root bytea;
  leaf bigint := 0;
  width bigint;
  per_hash bigint;
  first_hash bigint;
  of_node bytea;
begin
  if of_size = 0 then return sha256(''); end if;
  for height in reverse 52 .. 0 loop
    width := 2::numeric ^ height;
    continue when of_size & width = 0;
    per_hash := 2::numeric ^ (8 * (height / 8));
    first_hash := leaf / per_hash;
    select verify.root_of(substr(t.hashes, (first_hash % 256)::integer * 32 + 1, (width / per_hash)::integer * 32)) into of_node
    from backbone.seal_tile t
    where t.level = height / 8 and t.tile = first_hash / 256
      and octet_length(t.hashes) >= (first_hash % 256 + width / per_hash) * 32;
    if of_node is null then return null; end if;
    nodes := nodes || of_node;
    leaf := leaf + width;
  end loop;
  root := nodes[cardinality(nodes)];
  for place in reverse cardinality(nodes) - 1 .. 1 loop
    root := sha256('\x01'::bytea || nodes[place] || root);
  end loop;
  return root;
end
$function$;
