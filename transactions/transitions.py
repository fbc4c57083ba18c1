"""How an entry of each kind may change a block, and how a transaction may move: both tables on one screen."""

from transactions.choices import BlockState as B
from transactions.choices import EntryKind as K
from transactions.choices import TransactionStatus as S
from transactions.choices import TransactionType as T

# entry kind → the pairs (from state, to state) its lines may have; None is "did not exist".
LINE_STATES: dict[str, frozenset[tuple[str | None, str]]] = {
    K.ISSUANCE: frozenset({(None, B.ACTIVE), (None, B.BUFFER)}),
    K.RESERVATION: frozenset({(B.ACTIVE, B.RESERVED)}),
    K.RELEASE: frozenset({(B.RESERVED, B.ACTIVE)}),
    K.SALE: frozenset({(B.RESERVED, B.ACTIVE)}),
    K.REFUND: frozenset({(B.ACTIVE, B.ACTIVE)}),
    K.TRANSFER: frozenset({(B.ACTIVE, B.ACTIVE)}),
    K.RETIREMENT: frozenset({(B.ACTIVE, B.RETIRED)}),
    K.CANCELLATION: frozenset({(B.ACTIVE, B.CANCELLED)}),
    K.BUFFER_RELEASE: frozenset({(B.BUFFER, B.ACTIVE)}),
    K.BUFFER_CANCELLATION: frozenset({(B.BUFFER, B.CANCELLED)}),
    # A correction puts credits back as they were before an entry; final states have no way back.
    K.REVERSAL: frozenset({(B.ACTIVE, B.ACTIVE), (B.ACTIVE, B.BUFFER)}),
}

FINAL_STATES = frozenset({B.RETIRED, B.CANCELLED, B.BRIDGED})

# transaction type → the kinds of entry that carry out what it asked for, to the kilogram.
SETTLING_KINDS: dict[str, frozenset[str]] = {
    T.PURCHASE: frozenset({K.SALE}),
    T.TRANSFER: frozenset({K.TRANSFER, K.BUFFER_RELEASE}),
    T.RETIREMENT: frozenset({K.RETIREMENT}),
    T.CANCELLATION: frozenset({K.CANCELLATION, K.BUFFER_CANCELLATION}),
}

# A transaction's status → where it may go next. A trigger of the database holds the same table.
TRANSACTION_MOVES: dict[str, frozenset[str]] = {
    S.PENDING: frozenset({S.RESERVED, S.COMPLETED, S.CANCELLED, S.FAILED, S.EXPIRED}),
    S.RESERVED: frozenset({S.COMPLETED, S.CANCELLED, S.FAILED, S.EXPIRED, S.REFUNDED}),
    S.COMPLETED: frozenset({S.REFUNDED}),
    # Money that comes late: the credits are delivered if they are still there, else it goes back.
    S.EXPIRED: frozenset({S.COMPLETED, S.REFUNDED}),
    S.CANCELLED: frozenset({S.REFUNDED}),
    S.FAILED: frozenset({S.REFUNDED}),
    S.REFUNDED: frozenset(),
}
