"""The checks of the phases `resources` and `security`: name, what each finds, and what says that it is wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """One check.

    Attributes:
        name: as reports and `--without` have it.
        title: of its findings.
        source: the clause that is broken: a standard and its section, or a risk of OWASP's API Security Top 10.
        security: it runs with `--security` alone, since it tries what a client must not.
    """

    name: str
    title: str
    source: str
    security: bool = False


_API = "OWASP API Security Top 10, 2023,"
CREATED_CAN_BE_READ = Named(
    "created_can_be_read", "What was created can't be read", "RFC 9110, section 15.3.2; the operation that reads it"
)
CHANGE_IS_KEPT = Named("change_is_kept", "A change is not kept", "RFC 9110, section 9.3.4; RFC 5789, section 2")
PUT_IS_IDEMPOTENT = Named("put_is_idempotent", "PUT twice is not PUT once", "RFC 9110, section 9.2.2")
DELETED_IS_GONE = Named("deleted_is_gone", "What was deleted is still there", "RFC 9110, section 9.3.5")
DELETED_TWICE = Named("deleted_twice", "Deleting twice succeeds twice", "OpenAPI: the 404 or 410 of the operation")
LOCATION = Named("location_leads_somewhere", "Location leads nowhere", "RFC 9110, sections 10.2.2 and 15.3.2")
IF_MATCH = Named("if_match_is_honoured", "If-Match is not honoured", "RFC 9110, section 13.1.1")
IF_NONE_MATCH = Named("if_none_match_is_honoured", "If-None-Match is not honoured", "RFC 9110, section 13.1.2")
PAGES_END = Named("pages_end", "The pages don't end", "OpenAPI: the parameters of the page")
PAGES_REPEAT = Named("pages_repeat_nothing", "Two pages have the same item", "OpenAPI: the parameters of the page")
LIMIT = Named("limit_is_kept", "A page is longer than was asked for", "OpenAPI: the parameter of the page's size")
FILTERS = Named("filters_filter", "A filter does not filter", "OpenAPI: the query parameter")
NO_STACK_TRACE = Named("no_stack_trace", "An answer shows the inside of the server", f"{_API} API8; CWE-209")
NO_SECRETS = Named("answers_hold_no_secrets", "An answer shows secrets", f"{_API} API3; CWE-200")
CORS = Named("cors_trusts_no_foreign_origin", "CORS trusts a foreign origin", f"{_API} API8; Fetch, section 3.2.5")
UNNAMED = Named(
    "answers_hold_nothing_unnamed", "An answer has members that no schema names", f"{_API} API3", security=True
)
OWNERS = Named("others_things_stay_theirs", "Another user's thing is open", f"{_API} API1", security=True)
NAMED_USERS = Named(
    "bodies_name_no_other_user", "A body that names another user changes that one", f"{_API} API1", security=True
)
ROLES = Named("lower_role_is_refused", "A lower role may do it", f"{_API} API5", security=True)
GIVEN_ROLES = Named("roles_are_not_taken", "A user gives itself a role", f"{_API} API5", security=True)
ASSIGNMENT = Named("read_only_members_stay", "A client sets what is not the client's", f"{_API} API3", security=True)
SQL = Named("no_sql_injection", "SQL injection", "CWE-89; OWASP A03:2021", security=True)
NOSQL = Named("no_nosql_injection", "NoSQL injection", "CWE-943; OWASP A03:2021", security=True)
TEMPLATE = Named("no_template_injection", "Template injection", "CWE-1336; OWASP A03:2021", security=True)
TRAVERSAL = Named("no_path_traversal", "Path traversal", "CWE-22", security=True)
COMMAND = Named("no_command_injection", "Command injection", "CWE-78; OWASP A03:2021", security=True)
SSRF = Named("no_request_forgery", "Server-side request forgery", f"{_API} API7; CWE-918", security=True)
GROWTH = Named("time_does_not_explode", "The time explodes with the input", f"{_API} API4; CWE-1333", security=True)
ENUMERATION = Named(
    "login_tells_no_users", "A login tells which users there are", f"{_API} API2; CWE-204", security=True
)
WEAK_KEY = Named(
    "tokens_have_a_strong_key",
    "Tokens are signed with a key that can be guessed",
    f"{_API} API2; CWE-521",
    security=True,
)

RESOURCE_CHECKS = (
    CREATED_CAN_BE_READ,
    CHANGE_IS_KEPT,
    PUT_IS_IDEMPOTENT,
    DELETED_IS_GONE,
    DELETED_TWICE,
    LOCATION,
    IF_MATCH,
    IF_NONE_MATCH,
    PAGES_END,
    PAGES_REPEAT,
    LIMIT,
    FILTERS,
)
SEEN_CHECKS = (NO_STACK_TRACE, NO_SECRETS, CORS)
SECURITY_CHECKS = (
    UNNAMED,
    OWNERS,
    NAMED_USERS,
    ROLES,
    GIVEN_ROLES,
    ASSIGNMENT,
    SQL,
    NOSQL,
    TEMPLATE,
    TRAVERSAL,
    COMMAND,
    SSRF,
    GROWTH,
    ENUMERATION,
    WEAK_KEY,
)
NAMED = (*RESOURCE_CHECKS, *SEEN_CHECKS, *SECURITY_CHECKS)
