"""Our attacks against those of torchattacks, foolbox and captum, on the same digits.

In float64: in float32 a pixel whose gradient is all but zero may take the other sign when sums
are formed in another order, and forty steps carry that on.
"""

import copy
import warnings

import pytest
import torch
import torchattacks
from captum.robust import FGSM as CaptumFGSM
from captum.robust import PGD as CaptumPGD
from torch import nn

from sdl_lib.attacks import apgd, deepfool, fgsm, lbfgs_attack, mifgsm, pgd

with warnings.catch_warnings():
    # foolbox 3.3.4 imports scipy.ndimage.filters, which SciPy has renamed
    warnings.filterwarnings("ignore", "Please import `gaussian_filter`", DeprecationWarning)
    import foolbox


@pytest.fixture
def problem(lenet, digits):
    """A network, 32 digits, their labels, and other labels to aim at, in float64."""
    x, y = digits
    return copy.deepcopy(lenet).double(), x[:32].double(), y[:32], (y[:32] + 3) % 10


def targeted(attack, x, target):
    """The result of a torchattacks attack towards given labels."""
    attack.set_mode_targeted_by_label(quiet=True)
    return attack(x, target)


def assert_same(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def test_fgsm_equals_torchattacks(problem):
    model, x, y, target = problem
    attack = torchattacks.FGSM(model, eps=0.1)
    assert_same(fgsm(model, x, y, eps=0.1), attack(x, y))
    assert_same(fgsm(model, x, y, eps=0.1, target=target), targeted(attack, x, target))


def test_fgsm_equals_foolbox(problem):
    model, x, y, _ = problem
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    _, theirs, _ = foolbox.attacks.FGSM()(wrapped, x, y, epsilons=0.1)
    assert_same(fgsm(model, x, y, eps=0.1), theirs)


def scaled_loss(logits, labels):
    """Cross-entropy, enlarged: captum takes gradients under 1e-6 for zero."""
    return 1e30 * nn.functional.cross_entropy(logits, labels, reduction="none")


# captum warns that it asks for the gradient of its input
quiet_captum = pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already:UserWarning")


@quiet_captum
def test_fgsm_equals_captum(problem):
    model, x, y, target = problem
    attack = CaptumFGSM(model, loss_func=scaled_loss, lower_bound=0, upper_bound=1)
    assert_same(fgsm(model, x, y, eps=0.1), attack.perturb(x, 0.1, y))
    theirs = attack.perturb(x, 0.1, target, targeted=True)
    assert_same(fgsm(model, x, y, eps=0.1, target=target), theirs)


def test_pgd_equals_torchattacks(problem):
    model, x, y, target = problem
    options = {"eps": 0.2, "steps": 40, "step_size": 0.01, "random_start": False}
    attack = torchattacks.PGD(model, eps=0.2, alpha=0.01, steps=40, random_start=False)
    assert_same(pgd(model, x, y, **options), attack(x, y))
    assert_same(pgd(model, x, y, target=target, **options), targeted(attack, x, target))


@quiet_captum
def test_pgd_equals_captum(problem):
    model, x, y, _ = problem
    attack = CaptumPGD(model, loss_func=scaled_loss, lower_bound=0, upper_bound=1)
    theirs = attack.perturb(x, radius=0.2, step_size=0.01, step_num=20, target=y)
    ours = pgd(model, x, y, eps=0.2, steps=20, step_size=0.01, random_start=False)
    assert_same(ours, theirs)


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.2), ("l2", 2.0)])
def test_pgd_equals_foolbox(problem, norm, eps):
    model, x, y, target = problem
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    kind = {"linf": foolbox.attacks.LinfPGD, "l2": foolbox.attacks.L2PGD}[norm]
    attack = kind(abs_stepsize=eps / 8, steps=20, random_start=False)
    options = {"eps": eps, "norm": norm, "steps": 20, "step_size": eps / 8, "random_start": False}
    _, theirs, _ = attack(wrapped, x, y, epsilons=eps)
    assert_same(pgd(model, x, y, **options), theirs)
    aim = foolbox.criteria.TargetedMisclassification(target)
    _, theirs, _ = attack(wrapped, x, aim, epsilons=eps)
    assert_same(pgd(model, x, y, target=target, **options), theirs)


def test_one_l2_step_equals_the_fast_gradient_method_of_foolbox(problem):
    model, x, y, _ = problem
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    _, theirs, _ = foolbox.attacks.L2FastGradientAttack()(wrapped, x, y, epsilons=1.0)
    ours = pgd(model, x, y, eps=1, norm="l2", steps=1, step_size=1, random_start=False)
    assert_same(ours, theirs)


def test_lbfgs_is_about_as_close_as_the_best_minimum_norm_attack(lenet, digits):
    x, target = digits[0][:5], (digits[1][:5] + 3) % 10
    x_adv, success = lbfgs_attack(lenet, x, target)
    assert success.all()
    wrapped = foolbox.PyTorchModel(lenet, bounds=(0, 1), device="cpu")
    aim = foolbox.criteria.TargetedMisclassification(target)
    _, theirs, fooled = foolbox.attacks.DDNAttack(steps=200)(wrapped, x, aim, epsilons=None)
    assert fooled.all()
    ours, best = ((adv - x).flatten(1).norm(dim=1) for adv in (x_adv, theirs))
    assert ours.mean() < 1.05 * best.mean()
    assert (ours < 1.25 * best).all()


def test_lbfgs_is_closer_than_the_smallest_signed_step_that_succeeds(lenet, digits):
    x, y = digits[0][:32], digits[1][:32]
    target = (y + 3) % 10
    ladder = [fgsm(lenet, x, y, eps=eps, target=target) for eps in torch.linspace(0.02, 0.5, 25)]
    shortest = torch.full((32,), torch.inf)
    for x_adv in ladder:
        reached = lenet(x_adv).argmax(1) == target
        length = (x_adv - x).flatten(1).norm(dim=1)
        shortest = torch.where(reached, torch.minimum(shortest, length), shortest)
    rows = shortest.isfinite().nonzero().flatten()[:6]
    x_adv, success = lbfgs_attack(lenet, x[rows], target[rows], searches=3, steps=10)
    assert success.all()
    assert len(rows) == 6
    assert ((x_adv - x[rows]).flatten(1).norm(dim=1) < shortest[rows]).all()


def test_mifgsm_equals_torchattacks(problem):
    model, x, y, target = problem
    attack = torchattacks.MIFGSM(model, eps=0.1, alpha=0.02, steps=10, decay=0.9)
    options = {"eps": 0.1, "step_size": 0.02, "steps": 10, "decay": 0.9}
    assert_same(mifgsm(model, x, y, **options), attack(x, y))
    assert_same(mifgsm(model, x, y, target=target, **options), targeted(attack, x, target))


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_deepfool_goes_as_far_as_that_of_foolbox(problem, norm):
    model, x, y, _ = problem
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    kind = {"l2": foolbox.attacks.L2DeepFoolAttack, "linf": foolbox.attacks.LinfDeepFoolAttack}
    _, theirs, hit = kind[norm]()(wrapped, x, y, epsilons=None)
    ours, success = deepfool(model, x, y, norm=norm)
    assert hit.all()
    assert success.all()
    order = {"l2": 2, "linf": torch.inf}[norm]
    far = [(z - x).flatten(1).norm(p=order, dim=1).mean() for z in (ours, theirs)]
    assert far[0] <= 1.01 * far[1]


@pytest.mark.parametrize("loss", ["ce", "dlr"])
def test_apgd_fools_as_many_as_torchattacks(problem, loss):
    model, x, y, _ = problem
    single = copy.deepcopy(model).float()
    with torch.random.fork_rng():  # it seeds the global generator
        theirs = torchattacks.APGD(single, eps=0.12, steps=20, loss=loss, seed=0)(
            x.float(), y
        ).detach()
    fooled_by_them = (model(theirs.double()).argmax(1) != y).sum()
    ours = apgd(model, x, y, eps=0.12, steps=20, loss=loss)
    assert ours.success.sum() >= fooled_by_them - 1
