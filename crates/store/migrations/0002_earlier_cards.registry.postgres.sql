-- Changes no table: from here on a person's row may hold earlier cards of a coverage (docs/decisions/0114-renewed-cards.md), and a
-- version that cannot read them refuses this store as a whole, rather than such a person.
SELECT 1;
