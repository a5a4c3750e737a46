-- The events of a source that wait, in the order in which they are listed: a page is read without going through all.
create index source_waiting_since on source_waiting (source, received_at, event);
