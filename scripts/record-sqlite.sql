-- What the sqlite trace's CREATE INDEX works on: rows in the order of their number, with keys that come in another order.
PRAGMA journal_mode = OFF;
CREATE TABLE entry (id INTEGER PRIMARY KEY, name TEXT);
WITH RECURSIVE counter (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM counter WHERE id < 50000)
INSERT INTO entry SELECT id, printf('%08x-%0111d', (id * 2654435761) & 4294967295, id) FROM counter;
