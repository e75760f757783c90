-- Names that are written almost alike are found side by side: without case, punctuation and the zeros before numbers, read from
-- either end (docs/decisions/0045).
create function governance.folded(name text) returns text
  language sql immutable strict parallel safe
  return regexp_replace(
    regexp_replace(lower(name collate "C"), '(^|[^0-9])0+(?=[0-9])', '\1', 'g'), '[[:punct:][:space:]]+', '', 'g');

create index alias_folded on governance.alias (kind, governance.folded(value) collate "C");
create index alias_folded_backwards on governance.alias (kind, reverse(governance.folded(value)) collate "C");
