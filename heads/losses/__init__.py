"""Losses over entity scores and over tokens. Each returns (sum, count); the loop divides once."""

from .entity_ce import entity_ce, multi_positive_ce
from .info_nce import info_nce
from .negatives import Negatives, strict_negatives
from .one_vs_all import one_vs_all_ce
from .self_adversarial import self_adversarial_bce
from .trajectory import htt_kl, htt_sft

__all__ = [
    "Negatives",
    "entity_ce",
    "htt_kl",
    "htt_sft",
    "info_nce",
    "multi_positive_ce",
    "one_vs_all_ce",
    "self_adversarial_bce",
    "strict_negatives",
]
