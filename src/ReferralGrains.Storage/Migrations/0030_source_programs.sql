-- A source may be changed to another program; what undoes a sale goes to the one that the sale is in. Null is the one that the source has now.
alter table source_link add column program text collate "C";
