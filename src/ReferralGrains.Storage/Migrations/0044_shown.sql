-- When something of the inbox was shown to people for a reason that came up later: it is kept as long from then on.
alter table webhook_inbox add column shown_at timestamptz;
