"""What files of a release have to keep to: every rule by name, the fatal ones and the warnings.

Sources: the RF2 file format specification, and faults that loaders of releases met in practice.
"""

from __future__ import annotations

from ..issues import Rule


def _fatal(code: str, meaning: str, remedy: str = "") -> Rule:
    return Rule(code, True, meaning, remedy)


def _warning(code: str, meaning: str) -> Rule:
    return Rule(code, False, meaning)


# ---- the package
NO_RELEASE = _fatal("no-release", "no RF2 files", "name the folder or zip file of a release")
MISSING_FILE = _fatal(
    "missing-file",
    "no file of this kind",
    "a release needs Concept, Description and Relationship files; choose another release type",
)
SAME_ELEMENT = _fatal("same-element", "two files hold the same part of the release", "remove one of them")
DELTA_ALONE = _fatal(
    "delta-alone", "a Delta does not stand alone", "load it on top of the Snapshot before it"
)
SEVERAL_EDITIONS = _fatal("several-editions", "files of more than one edition", "name one with edition=")
RELEASE_DATES = _fatal("release-dates", "files of different dates", "keep the files of one release together")
UNSAFE_MEMBER = _fatal("unsafe-member", "a zip member that leads out of the archive", "do not use it")
DAMAGED_ARCHIVE = _fatal("damaged-archive", "a damaged or truncated archive", "download it again")
ENCRYPTED_ARCHIVE = _fatal("encrypted-archive", "a zip file with a password", "unpack it first")
EMPTY_ARCHIVE = _fatal("empty-archive", "an archive without files", "download it again")
WRONG_SUFFIX = _fatal("wrong-suffix", "the name does not say whether it is gzipped", "rename the file")
RELEASE_INFORMATION = _warning("release-information", "release_package_information.json is not JSON")
UNKNOWN_FILE = _warning("unknown-file", "a data file whose name says nothing known; it is not read")

# ---- the shape of a file
HEADER = _fatal("header", "a header other than the format's")
COLUMN_COUNT = _fatal("column-count", "a line with too few or too many columns")
EMPTY_LINE = _fatal("empty-line", "an empty line")
TRAILING_SPACE = _fatal("trailing-space", "a blank at the end")
NOT_UTF8 = _fatal("not-utf8", "bytes that are not UTF-8", "convert the file to UTF-8")
STRAY_RETURN = _fatal("stray-return", "a carriage return inside a line")
LF_ONLY = _warning("lf-only", "lines that end with LF alone, not CR LF")
NO_FINAL_CRLF = _warning("no-final-crlf", "a last line without CR LF")
BOM = _warning("bom", "a byte order mark")

# ---- values
BAD_SCTID = _fatal("bad-sctid", "not an SCTID, which has 6 to 18 digits")
LEADING_ZERO = _fatal("leading-zero", "an SCTID with a leading zero")
CHECK_DIGIT = _fatal("check-digit", "an SCTID with a wrong check digit")
PARTITION = _fatal("partition", "an SCTID of another kind of component")
BAD_UUID = _fatal("bad-uuid", "not a UUID")
BAD_ACTIVE = _fatal("bad-active", "neither 0 nor 1")
BAD_TIME = _fatal("bad-time", "not a date of the calendar, yyyymmdd")
BAD_INTEGER = _fatal("bad-integer", "not a whole number")
BLANK_TIME = _warning("blank-time", "no effectiveTime: not published yet")
BLANK_COLUMN = _warning("blank-column", "an optional column of a refset left blank")

# ---- logic
FULL_AS_SNAPSHOT = _fatal(
    "full-as-snapshot", "several versions of one component in a Snapshot", "load it with release='full'"
)
DUPLICATE_ID = _fatal("duplicate-id", "two rows with one id in a Snapshot")
DUPLICATE_VERSION = _fatal("duplicate-version", "two rows with one id and effectiveTime")
UNKNOWN_ENDPOINT = _fatal("unknown-endpoint", "a relationship to or from a concept that the release lacks")
IS_A_CYCLE = _fatal("is-a-cycle", "concepts that are each other's ancestors", "remove one of the links")
NO_PATH_TO_ROOT = _fatal("no-path-to-root", "an active concept without a path to the root")
BEFORE_FIRST = _fatal("before-first", "a date before the first version", "ask for a later date")
RELATIONSHIP_OF_INACTIVE = _warning(
    "relationship-of-inactive", "an active relationship of an inactive concept"
)
DESCRIPTION_OF_INACTIVE = _warning("description-of-inactive", "an active description of an inactive concept")
DESCRIPTION_OF_UNKNOWN = _warning("description-of-unknown", "a description of an unknown concept")
UNKNOWN_MEMBER = _warning("unknown-member", "a refset member that the release lacks")
INACTIVE_MEMBER = _warning("inactive-member", "an active refset member whose component is inactive")
NO_FSN = _warning("no-fsn", "an active concept without a fully specified name")
TWO_FSNS = _warning("two-fsns", "an active concept with two fully specified names in one language")
NO_PREFERRED_TERM = _warning("no-preferred-term", "an active concept without a preferred term in a dialect")
NO_SEMANTIC_TAG = _warning("no-semantic-tag", "a fully specified name without a semantic tag")
LONG_TERM = _warning("long-term", "a term longer than 255 characters, or a definition longer than 4096")
MODULE_DEPENDENCY = _warning("module-dependency", "a module without rows in the module dependency refset")
STATUS_CHANGED = _warning("status-changed", "a concept whose definition status changed")
IMMUTABLE_CHANGED = _warning("immutable-changed", "a column changed that must stay the same for an id")
