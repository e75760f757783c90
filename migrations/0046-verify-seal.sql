-- The seal's tree, hashed again from its own tiles by functions that share nothing with what wrote them (RFC 9162, section 2.1; 256
-- hashes a tile, c2sp.org/tlog-tiles).

-- The root over a power of two of hashes.
create function verify.root_of(hashes bytea) returns bytea language plpgsql immutable strict parallel safe as $$
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
$$;

-- The root of the tree of a size; null where a tile that it needs is not there.
create function verify.tree_root(of_size bigint) returns bytea language plpgsql stable strict as $$
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
$$;
