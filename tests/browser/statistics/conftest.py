"""The service with the sample cases, as the pages of cases are tested with."""

from tests.browser.cases.conftest import offices as offices
