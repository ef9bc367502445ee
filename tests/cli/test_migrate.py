"""`maildesk migrate --grant`: an ordinary role, refused in words where it cannot be."""

import pytest


def test_a_role_is_granted_what_a_desk_needs(maildesk, as_json, database_url, request):
    if database_url.startswith("sqlite"):
        code, out, trouble = maildesk("migrate", "--grant", "clerk")
        assert (code, out) == (2, "")
        assert "nothing was granted: SQLite has no roles" in trouble
        return
    postgres = request.getfixturevalue("postgres")
    code, _, trouble = maildesk("migrate", "--grant", "nobody")
    assert code == 2
    assert "there is no role nobody; make it with `createuser nobody`" in trouble
    if not postgres.execute("SELECT 1 FROM pg_roles WHERE rolname = 'clerk'"):
        postgres.execute("CREATE ROLE clerk LOGIN")
    code, out, _ = maildesk("migrate", "--grant", "clerk")
    assert code == 0
    assert "clerk may run a desk on its" in out
    assert as_json("migrate", "--grant", "clerk")["granted"] == "clerk"
    with pytest.raises(Exception, match="must be owner"):
        postgres.execute(
            "SET ROLE clerk; ALTER TABLE invoice DISABLE TRIGGER ALL",
            database_url.rpartition("/")[2],
        )
