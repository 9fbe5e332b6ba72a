-- Changes no table: from here on a person's row may hold the batch of a coverage's latest card beside that of the coverage
-- (docs/decisions/0114-renewed-cards.md), and a version that cannot read it refuses this store as a whole, rather than such a person.
SELECT 1;
