"""A training that diverges ends, however many steps pass between two looks, and before anything is saved."""

import pytest
import torch

from inkbridge.models.watch import Watch
from inkbridge.support.errors import InkbridgeError

NAN = float("nan")


def add(watch: Watch, step: int, loss: float, norm: float = 1.0) -> list[float]:
    return watch.add(step, 0.02, torch.tensor(loss), torch.tensor(norm))


@pytest.mark.parametrize("every", [1, 3, 100])
def test_losses_are_returned_once_and_in_order(every):
    watch, found = Watch(every, recent_steps=4, most=2.0, mean=torch.clone), []
    for step in range(10):
        looked_at = add(watch, step, step / 8)
        assert len(looked_at) == (every if step % every == every - 1 else 0)
        found += looked_at
    assert [*found, *watch.look()] == [step / 8 for step in range(10)]
    assert watch.look() == []
    assert watch.latest == 9 / 8


@pytest.mark.parametrize("every", [1, 3, 100])
@pytest.mark.parametrize(
    ("loss", "norm", "what"), [(NAN, 1.0, "loss"), (0.5, NAN, "gradient"), (0.5, 1e999, "gradient")]
)
def test_step_that_is_not_finite_is_named(loss, norm, what, every):
    watch = Watch(every, recent_steps=4, most=2.0, mean=torch.clone)
    with pytest.raises(InkbridgeError, match=rf"expected a finite {what}, found \w+ at step 4 with learning rate 0.02"):
        for step in range(6):
            add(watch, step, loss if step == 4 else 0.5, norm if step == 4 else 1.0)
        watch.look()


@pytest.mark.parametrize("every", [1, 3])
def test_mean_of_the_last_losses_may_not_be_too_large(every):
    watch = Watch(every, recent_steps=4, most=2.0, mean=torch.clone)
    for step in range(9):
        add(watch, step, 7.0 if step % 4 == 0 else 0.1)  # a mean of 1.8
    with pytest.raises(InkbridgeError, match=r"expected a mean loss below 2\.0 over 4 steps"):
        for step in range(9, 15):
            add(watch, step, 3.0)
