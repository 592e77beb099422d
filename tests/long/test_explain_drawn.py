"""`bobbin explain` predicts what the server answers: 10,000 requests to 100 sites, all drawn at random."""

import pytest

from support.drawn import Drawn
from support.explained import check_drawn


@pytest.mark.parametrize("seed", range(1000, 1100))
def test_the_answer_is_the_one_of_the_server(binary, start_plain, scratch, seed):
    drawn = Drawn(seed, scratch / "drawn")
    server = start_plain("--config", drawn.config, "--port", "0", "--root", drawn.root, root=drawn.root)
    check_drawn(binary, server, drawn, 100)
