-- When each account was last heard of: what answers of availability say of their sources, once a second.
create index message_heard on integration.message (account_id, received_at);
