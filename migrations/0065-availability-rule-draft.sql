-- breaking: since 0059 the rules lie in other tables than those that the version before reads.
-- Changes of the rules that wait to be agreed on.
create table availability.rule_draft (
  draft_id text primary key,
  name text not null,
  state text not null check (state in ('draft', 'checked', 'approved', 'active', 'dropped')),
  -- The version that its changes are meant for, and the one whose rules it puts back.
  base_version bigint not null check (base_version >= 0),
  restores bigint check (restores >= 0),
  -- Raised by each change of what it says: a check, and what was compared for it, are of one revision.
  revision bigint not null default 1 check (revision > 0),
  authors text[] not null check (cardinality(authors) > 0),
  approved_by text,
  version bigint references availability.book_version,
  created_at timestamptz not null,
  constraint approved_by_another check (approved_by is null or approved_by <> all (authors)),
  constraint only_what_is_agreed_holds check (case state
    when 'approved' then approved_by is not null and version is null
    when 'active' then version is not null
    else approved_by is null and version is null end)
);
create index rule_draft_open on availability.rule_draft (draft_id) where state in ('draft', 'checked', 'approved');

-- What a rule is to say; null: nothing any more.
create table availability.rule_draft_change (
  draft_id text not null references availability.rule_draft,
  rule_key text not null,
  rule jsonb,
  primary key (draft_id, rule_key)
);

-- Who did what with a draft, and why.
create table availability.rule_draft_step (
  step_number bigint generated always as identity primary key,
  draft_id text not null references availability.rule_draft,
  step text not null check (step in ('created', 'changed', 'checked', 'approved', 'activated', 'overtaken', 'dropped')),
  revision bigint not null,
  done_by text not null,
  done_at timestamptz not null,
  because text,
  correlation_id text not null
);
create index rule_draft_step_of on availability.rule_draft_step (draft_id, step_number);
create trigger history_is_kept before update or delete or truncate on availability.rule_draft_step
  for each statement execute function governance.refuse_rewriting_history();

-- What a checked draft would change of what channels may sell, as it was found when it was checked.
create table availability.rule_draft_effect (
  draft_id text not null references availability.rule_draft,
  channel_id text not null,
  item_id text not null,
  before bigint not null check (before >= 0),
  after bigint not null check (after >= 0 and after <> before),
  primary key (draft_id, channel_id, item_id)
);
create index rule_draft_effect_largest on availability.rule_draft_effect (draft_id, (abs(after - before)) desc, channel_id, item_id);
