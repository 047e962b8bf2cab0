"""Writes test/golden/metrics.json: inputs of metrics, and what other libraries compute of them.

    python scripts/golden_metrics.py

Needs numpy, scikit-learn, nltk, sacrebleu and pycocotools. The numbers in the file come from scikit-learn 1.9.1, NLTK 3.10.3,
sacreBLEU 2.6.0 and pycocotools 2.0.11.
"""

import json
import math
from pathlib import Path

import numpy as np
from nltk.metrics import edit_distance
from nltk.translate.bleu_score import corpus_bleu
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
import sacrebleu

rng = np.random.default_rng(6)
cases = {}


def case(name, reference, output, target, expected, **more):
    listed = lambda x: x.tolist() if isinstance(x, np.ndarray) else x
    cases[name] = {"reference": reference, "output": listed(output), "target": listed(target), "expected": expected, **more}


def classes():
    target = rng.integers(0, 4, 60)
    target[target == 3] = 0  # a class that is never the target
    scores = rng.normal(size=(60, 4)).round(3)
    scores[np.arange(60), target] += 1
    scores = scores.round(3)
    predicted = scores.argmax(1)
    averages = ["macro", "micro", "weighted"]
    expected = {"accuracy": sk.accuracy_score(target, predicted), "confusion": sk.confusion_matrix(target, predicted, labels=range(4)).tolist()}
    expected["balanced"] = sk.balanced_accuracy_score(target, predicted)
    for k in (1, 2, 3):
        expected[f"top{k}"] = sk.top_k_accuracy_score(target, scores, k=k, labels=range(4))
    for name, score in [("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score), ("iou", sk.jaccard_score)]:
        for average in averages:
            expected[f"{name}/{average}"] = score(target, predicted, average=average, zero_division=0)
        expected[f"{name}/classes"] = score(target, predicted, average=None, labels=range(4), zero_division=0).tolist()
    expected["f2/macro"] = sk.fbeta_score(target, predicted, beta=2, average="macro", zero_division=0)
    case("classes", "scikit-learn", scores, target, expected)


def curves():
    target = rng.integers(0, 2, 80)
    scores = (rng.normal(size=80) + target).round(1)  # rounded, so that some are equal
    expected = {"rocAuc": sk.roc_auc_score(target, scores), "averagePrecision": sk.average_precision_score(target, scores)}
    case("curves", "scikit-learn", scores, target, expected)
    target = rng.integers(0, 3, 50)
    scores = rng.normal(size=(50, 3)) + 1.5 * np.eye(3)[target]
    scores = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    expected = {
        "rocAuc": sk.roc_auc_score(target, scores, multi_class="ovr", average="macro"),
        "averagePrecision": sk.average_precision_score(np.eye(3)[target], scores, average="macro"),
    }
    case("curves of classes", "scikit-learn", scores, target, expected)


def regression():
    target = (1000 + rng.normal(size=(40, 2)) * [1, 3]).round(4)
    output = (target + rng.normal(size=(40, 2))).round(4)
    expected = {
        "meanSquaredError": sk.mean_squared_error(target, output),
        "meanAbsoluteError": sk.mean_absolute_error(target, output),
        "r2Score": sk.r2_score(target, output),
    }
    case("regression", "scikit-learn", output, target, expected)


def language():
    logits = rng.normal(size=(24, 6)).round(3)
    target = rng.integers(0, 6, 24)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    case("perplexity", "scikit-learn", logits, target, math.exp(sk.log_loss(target, probabilities, labels=range(6))))
    chosen, confidence = probabilities.argmax(1), probabilities.max(1)
    right, mean = calibration_curve(chosen == target, confidence, n_bins=10)
    counts, _ = np.histogram(confidence, bins=np.linspace(0, 1, 11))
    counts = counts[counts > 0]
    case("calibration", "scikit-learn", logits, target, float((np.abs(right - mean) * counts).sum() / 24))


def retrieval():
    scores = rng.permutation(120).reshape(12, 10).astype(float)
    relevance = rng.integers(0, 4, (12, 10)).astype(float)
    relevance[0] = 0
    expected = {"ndcg": sk.ndcg_score(relevance, scores), "ndcg3": sk.ndcg_score(relevance, scores, k=3)}
    case("graded", "scikit-learn", scores, relevance, expected)
    relevant = rng.integers(0, 10, 12)
    expected = {
        "hitRate3": sk.top_k_accuracy_score(relevant, scores, k=3, labels=range(10)),
        "meanReciprocalRank": sk.label_ranking_average_precision_score(np.eye(10)[relevant], scores),
    }
    case("one relevant", "scikit-learn", scores, np.eye(10)[relevant], expected)


def texts():
    hypotheses = [
        "The old harbour was closed at 10.30, they said.",
        "Seven ships wait outside; none of them moves.",
        "Nobody (not even the captain) knows why",
        'The prices rose by 3.5% to "record" heights.',
        "Ein Schiff fährt über das Meer.",
    ]
    first = [
        "The old harbour closed at 10.30, it was said.",
        "Seven ships are waiting outside, and none moves.",
        "Nobody, not even the captain, knows the reason.",
        'Prices went up by 3.5% to "record" heights.',
        "Ein Schiff fuhr über das weite Meer.",
    ]
    second = [
        "They said that the harbour had closed at 10:30.",
        "Outside there are seven ships that wait.",
        "No one knows why, the captain included.",
        "Prices rose 3.5%, a record.",
        "Ein Schiff fährt über den Ozean.",
    ]
    expected = {
        "bleu": sacrebleu.corpus_bleu(hypotheses, [first]).score,
        "bleu/two references": sacrebleu.corpus_bleu(hypotheses, [first, second]).score,
        "bleu/no tokens": sacrebleu.corpus_bleu(hypotheses, [first], tokenize="none").score,
        "bleu/one": sacrebleu.corpus_bleu(hypotheses[2:3], [second[2:3]]).score,
        "chrf": sacrebleu.corpus_chrf(hypotheses, [first]).score,
        "chrf/two references": sacrebleu.corpus_chrf(hypotheses, [first, second]).score,
        "chrf++": sacrebleu.corpus_chrf(hypotheses, [first], word_order=2).score,
        "bleu/nltk": 100 * corpus_bleu([[a.split(), b.split()] for a, b in zip(first, second)], [h.split() for h in hypotheses]),
    }
    case("texts", "sacrebleu, nltk", hypotheses, [first, second], expected)
    words = sum(edit_distance(h.split(), r.split()) for h, r in zip(hypotheses, first)) / sum(len(r.split()) for r in first)
    letters = sum(edit_distance(h, r) for h, r in zip(hypotheses, first)) / sum(len(r) for r in first)
    case("edits", "nltk", hypotheses, first, {"wordErrorRate": words, "characterErrorRate": letters})


def detection():
    images, objects, found = [], [], []
    for image in range(8):
        images.append({"id": image})
        for _ in range(rng.integers(0, 6)):
            x, y = rng.integers(0, 200, 2)
            w, h = rng.integers(5, 160, 2)
            label = int(rng.integers(1, 4))
            crowd = int(rng.random() < 0.15)
            box = [int(v) for v in (x, y, w, h)]
            objects.append({"image_id": image, "category_id": label, "bbox": box, "area": box[2] * box[3], "iscrowd": crowd, "id": len(objects) + 1})
            for _ in range(rng.integers(0, 3)):
                moved = [int(max(1, v + rng.normal() * 0.12 * s)) for v, s in zip(box, [w, h, w, h])]
                other = label if rng.random() < 0.9 else int(rng.integers(1, 4))
                found.append({"image_id": image, "category_id": other, "bbox": moved, "score": float(rng.random().__round__(2))})
        if rng.random() < 0.7:
            found.append({"image_id": image, "category_id": 1, "bbox": [5, 5, 40, 40], "score": float(rng.random().__round__(2))})
    truth = COCO()
    truth.dataset = {"images": images, "annotations": objects, "categories": [{"id": i} for i in (1, 2, 3)]}
    truth.createIndex()
    evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    corners = lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
    of = lambda items, image: [item for item in items if item["image_id"] == image]
    output = [{"boxes": [corners(d["bbox"]) for d in of(found, i)], "scores": [d["score"] for d in of(found, i)], "classes": [d["category_id"] for d in of(found, i)]} for i in range(8)]
    target = [{"boxes": [corners(o["bbox"]) for o in of(objects, i)], "classes": [o["category_id"] for o in of(objects, i)], "crowd": [bool(o["iscrowd"]) for o in of(objects, i)]} for i in range(8)]
    case("detection", "pycocotools", output, target, [float(value) for value in evaluation.stats])


for write in (classes, curves, regression, language, retrieval, texts, detection):
    write()
file = Path(__file__).parent.parent / "test" / "golden" / "metrics.json"
file.write_text("{\n" + ",\n".join(f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in cases.items()) + "\n}\n")
print(file, file.stat().st_size)
