"""What else must agree with the ledger: balances, figures, transactions, retirements, reversals; and nothing hangs.

Each check is one query that answers with what is wrong, so that the database does the adding up.
"""

from collections.abc import Iterator

from transactions.choices import EntryKind, TransactionType
from transactions.selectors.replay import Problem, stream_rows
from transactions.transitions import SETTLING_KINDS

_SETTLING = ", ".join(f"('{type_}', '{kind}')" for type_, kinds in SETTLING_KINDS.items() for kind in sorted(kinds))
_SETTLING_KINDS = ", ".join(sorted({f"'{kind}'" for kinds in SETTLING_KINDS.values() for kind in kinds}))

_BALANCES = """
    SELECT 'batch ' || coalesce(b.serial_root, batch_id::text), NULL,
           format('account %s holds %s kg %s, its balance says %s', account_id, coalesce(k.kg, 0), state,
                  coalesce(s.quantity_kg::text, 'nothing'))
    FROM (SELECT batch_id, account_id, state, sum(end_kg - first_kg) AS kg
          FROM transactions_block GROUP BY batch_id, account_id, state) k
    FULL JOIN transactions_balance s USING (batch_id, account_id, state)
    LEFT JOIN transactions_creditbatch b ON b.id = batch_id
    WHERE coalesce(k.kg, 0) <> coalesce(s.quantity_kg, 0) ORDER BY batch_id, account_id, state
"""
_DAYS = """
    SELECT 'batch ' || coalesce(b.serial_root, batch_id::text), NULL,
           format('account %s changed by %s kg %s on %s, its daily change says %s', account_id, coalesce(m.kg, 0),
                  state, day, coalesce(d.change_kg::text, 'nothing'))
    FROM (SELECT batch_id, account_id, state, day, sum(kg) AS kg
          FROM (SELECT e.batch_id, l.to_account_id AS account_id, l.to_state AS state,
                       (e.at AT TIME ZONE 'UTC')::date AS day, l.end_kg - l.first_kg AS kg
                FROM transactions_ledgerline l JOIN transactions_ledgerentry e ON e.id = l.entry_id
                UNION ALL
                SELECT e.batch_id, l.from_account_id, l.from_state, (e.at AT TIME ZONE 'UTC')::date,
                       l.first_kg - l.end_kg
                FROM transactions_ledgerline l JOIN transactions_ledgerentry e ON e.id = l.entry_id
                WHERE l.from_account_id IS NOT NULL) moved
          GROUP BY batch_id, account_id, state, day) m
    FULL JOIN transactions_dailychange d USING (batch_id, account_id, state, day)
    LEFT JOIN transactions_creditbatch b ON b.id = batch_id
    WHERE coalesce(m.kg, 0) <> coalesce(d.change_kg, 0) ORDER BY batch_id, account_id, state, day
"""
_FIGURES = """
    SELECT 'project ' || project_id, NULL, format('%s is %s kg, its figure says %s', name, coalesce(k.kg, 0),
                                                  coalesce(f.kg::text, 'nothing'))
    FROM (SELECT c.project_id, v.name, v.kg FROM registry_projectcredits c CROSS JOIN LATERAL (VALUES
            ('active', c.available_kg), ('reserved', c.reserved_kg), ('buffer', c.buffer_kg),
            ('retired', c.retired_kg), ('cancelled', c.cancelled_kg), ('bridged', c.bridged_kg),
            ('issued', c.issued_kg)) AS v (name, kg)) f
    FULL JOIN (SELECT b.project_id, coalesce(k.state, 'issued') AS name, sum(k.end_kg - k.first_kg) AS kg
               FROM transactions_block k JOIN transactions_creditbatch b ON b.id = k.batch_id
               GROUP BY GROUPING SETS ((b.project_id, k.state), (b.project_id))) k USING (project_id, name)
    WHERE coalesce(f.kg, 0) <> coalesce(k.kg, 0) ORDER BY project_id, name
"""
# What a completed transaction asked for is what its entries of the settling kind moved; others moved nothing for good,
# but for one that was refunded after it was completed.
_QUANTITIES = f"""
    SELECT 'transaction ' || t.public_id, NULL,
           format('is %s over %s kg, its ledger entries moved %s kg', t.status, t.quantity_kg, coalesce(m.kg, 0))
    FROM transactions_transaction t
    LEFT JOIN (SELECT x.transaction_id, e.kind, sum(l.end_kg - l.first_kg) AS kg
               FROM transactions_transactionentry x JOIN transactions_ledgerentry e ON e.id = x.entry_id
               JOIN transactions_ledgerline l ON l.entry_id = e.id GROUP BY x.transaction_id, e.kind) m
        ON m.transaction_id = t.id AND (t.transaction_type, m.kind) IN ({_SETTLING})
    WHERE coalesce(m.kg, 0) <> CASE WHEN t.status = 'completed' THEN t.quantity_kg ELSE 0 END
        AND NOT (t.status = 'refunded' AND m.kg = t.quantity_kg)
    ORDER BY t.id
"""  # noqa: S608 - built from the table of transitions
_PARTIES = f"""
    SELECT b.serial_root, e.position, format('moved other credits than transaction %s says', t.public_id)
    FROM transactions_transactionentry x JOIN transactions_transaction t ON t.id = x.transaction_id
    JOIN transactions_ledgerentry e ON e.id = x.entry_id JOIN transactions_creditbatch b ON b.id = e.batch_id
    WHERE (t.transaction_type, e.kind) IN ({_SETTLING}) AND (b.project_id <> t.project_id
        OR (t.vintage IS NOT NULL AND t.vintage <> b.vintage) OR (t.transaction_type <> '{TransactionType.PURCHASE}'
            AND EXISTS (SELECT FROM transactions_ledgerline l WHERE l.entry_id = e.id
                AND (l.from_account_id, l.to_account_id) IS DISTINCT FROM (t.from_account_id, t.to_account_id))))
    ORDER BY b.id, e.position
"""  # noqa: S608 - built from the table of transitions
_UNLINKED = f"""
    SELECT b.serial_root, e.position, 'belongs to no transaction'
    FROM transactions_ledgerentry e JOIN transactions_creditbatch b ON b.id = e.batch_id
    LEFT JOIN transactions_transactionentry x ON x.entry_id = e.id
    WHERE x.entry_id IS NULL AND e.kind IN ({_SETTLING_KINDS}) ORDER BY b.id, e.position
"""  # noqa: S608 - built from the table of transitions
_RETIREMENTS = f"""
    SELECT 'transaction ' || t.public_id, NULL,
           CASE WHEN r.id IS NULL THEN 'retired credits, but its retirement is gone'
                ELSE 'has a retirement that does not fit it' END
    FROM transactions_transaction t FULL JOIN transactions_retirement r ON r.transaction_id = t.id
    WHERE (t.transaction_type = '{TransactionType.RETIREMENT}' AND r.id IS NULL)
       OR (r.id IS NOT NULL AND (t.id IS NULL OR t.transaction_type <> '{TransactionType.RETIREMENT}'
           OR t.status <> 'completed' OR r.retired_at <> t.completed_at)) ORDER BY t.id
"""  # noqa: S608 - constants
_REVERSALS = f"""
    SELECT b.serial_root, e.position, 'does not give back what the entry that it reverses took'
    FROM transactions_ledgerentry e JOIN transactions_creditbatch b ON b.id = e.batch_id
    LEFT JOIN transactions_ledgerentry w ON w.id = e.reverses_id
    WHERE e.kind = '{EntryKind.REVERSAL}' AND (w.id IS NULL OR w.batch_id <> e.batch_id OR w.position >= e.position
        OR (SELECT sum(end_kg - first_kg) FROM transactions_ledgerline WHERE entry_id = e.id)
            IS DISTINCT FROM (SELECT sum(end_kg - first_kg) FROM transactions_ledgerline WHERE entry_id = w.id)
        OR EXISTS (SELECT FROM transactions_ledgerline l WHERE l.entry_id = e.id AND NOT EXISTS (
            SELECT FROM transactions_ledgerline o WHERE o.entry_id = w.id
                AND o.first_kg <= l.first_kg AND o.end_kg >= l.end_kg
                AND (o.from_account_id, o.from_state, o.to_account_id, o.to_state)
                    = (l.to_account_id, l.to_state, l.from_account_id, l.from_state)))) ORDER BY b.id, e.position
"""  # noqa: S608 - a constant
_REQUESTS = """
    SELECT b.serial_root, NULL, 'is not what its issuance request asked for'
    FROM transactions_issuancerequest r LEFT JOIN transactions_creditbatch b ON b.id = r.batch_id
    WHERE r.state = 'approved' AND (r.project_id, r.vintage, r.quantity_kg, r.standard_id)
        IS DISTINCT FROM (b.project_id, b.vintage::int, b.quantity_kg, b.standard_id) ORDER BY r.id
"""
_HANGING = """
    SELECT 'entry ' || e.id, NULL, 'names a batch that is gone' FROM transactions_ledgerentry e
    WHERE NOT EXISTS (SELECT FROM transactions_creditbatch b WHERE b.id = e.batch_id)
    UNION ALL SELECT 'line ' || l.id, NULL, 'names an entry that is gone' FROM transactions_ledgerline l
    WHERE NOT EXISTS (SELECT FROM transactions_ledgerentry e WHERE e.id = l.entry_id)
    UNION ALL SELECT 'block ' || k.id, NULL, 'names a batch that is gone' FROM transactions_block k
    WHERE NOT EXISTS (SELECT FROM transactions_creditbatch b WHERE b.id = k.batch_id)
    UNION ALL SELECT 'entry ' || x.entry_id, NULL, 'belongs to a transaction that is gone, or is gone itself'
    FROM transactions_transactionentry x
    WHERE NOT EXISTS (SELECT FROM transactions_transaction t WHERE t.id = x.transaction_id)
       OR NOT EXISTS (SELECT FROM transactions_ledgerentry e WHERE e.id = x.entry_id)
"""
_CHECKS = (
    _BALANCES,
    _DAYS,
    _FIGURES,
    _QUANTITIES,
    _PARTIES,
    _UNLINKED,
    _RETIREMENTS,
    _REVERSALS,
    _REQUESTS,
    _HANGING,
)


def compare_records() -> Iterator[Problem]:
    """Yield everything beside entries and blocks that does not agree with them."""
    for check in _CHECKS:
        for where, position, what in stream_rows(check):
            yield Problem(where or "a batch that is gone", position, what)
