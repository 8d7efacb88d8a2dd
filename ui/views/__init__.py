"""Windows into a run: each view asks the engine for what it shows, draws it, and knows nothing of training."""

from dllab.text import N_
from ui.views.cluster_declarations import CLUSTER_VIEWS
from ui.views.declared import Declaration, installed

CURVES = Declaration(
    "curves",
    N_("Curves"),
    N_(
        "How well the network does, step by step. The training curve comes from the batches the network learns from; "
        "the validation curve, one point an epoch, from samples it never learns from. Both falling: it learns. "
        "Training falling while validation rises: it learns by heart. Earlier runs stay as dashed lines to compare."
    ),
    "mdi6.chart-line",
    "ui.views.curves:Curves",
    1,
)
ACTIVATIONS = Declaration(
    "activations",
    N_("Activations"),
    N_(
        "What the selected layer puts out for one sample. Every small picture is one channel of a convolution, every "
        "bar one number of a vector. Select another layer on the canvas, or step to the next sample or the next "
        "mistake. Point at a place to read its number."
    ),
    "mdi6.grid",
    "ui.views.activations:Activations",
    3,
)
BOUNDARY = Declaration(
    "boundary",
    N_("Decision boundary"),
    N_(
        "What the network says everywhere in the plane. The shade is the class it would choose, stronger where it is "
        "surer; the dark line is where it changes its mind. Filled marks are training samples, outlined marks are "
        "validation samples."
    ),
    "mdi6.vector-curve",
    "ui.views.boundary:Boundary",
    2,
)
CONFUSION = Declaration(
    "confusion",
    N_("Confusion"),
    N_(
        "Which classes are taken for which, counted over the validation samples. Rows are the true class, columns "
        "what the network says, so everything off the diagonal is a mistake. Choose a cell to see the samples behind "
        "it, and a sample to follow it through the network."
    ),
    "mdi6.view-grid-outline",
    "ui.views.confusion:Confusion",
    2,
)
EMBEDDING = Declaration(
    "embedding",
    N_("Embedding"),
    N_(
        "Every point is a validation sample, placed by what the selected layer makes of it: samples that the layer sees "
        "alike lie together. PCA looks at the layer's numbers from the two directions in which they differ most, and "
        "follows training; t-SNE and UMAP keep neighbours together and are made on request. A layer that has learned to tell classes apart keeps their colours apart. Point at a sample "
        "to see it, click to follow it, draw around points to mark them in all views."
    ),
    "mdi6.scatter-plot-outline",
    "ui.views.embedding:Embedding",
    3,
)
SALIENCY = Declaration(
    "saliency",
    N_("Saliency"),
    N_(
        "What in this one sample makes the network say what it says. The gradient tells what a little more of something "
        "would do; integrated gradients share out the whole answer among its parts; Grad-CAM shows where the maps of a "
        "convolution speak for it. All three tell of the network, not of the world."
    ),
    "mdi6.eye-outline",
    "ui.views.saliency:Saliency",
    3,
)
LANDSCAPE = Declaration(
    "landscape",
    N_("Loss landscape"),
    N_(
        "What the loss would be if all weights moved together, along two directions. Random ones are as large as the "
        "weights themselves; those of the path of training are the two in which the weights have moved most, and the "
        "line is the way they took. The cross is where the network stands now. A wide, flat valley forgives small "
        "changes; a ragged one makes training hard. It is two directions out of very many: a picture, not a proof."
    ),
    "mdi6.image-filter-hdr",
    "ui.views.landscape:Landscape",
    1,
)
PREDICTIONS = Declaration(
    "predictions",
    N_("Predictions"),
    N_(
        "The predicted value of every validation sample against the true one. On the line the prediction is right. "
        "The residuals are predicted minus true: a shape in them is something that the network has not learned yet."
    ),
    "mdi6.chart-scatter-plot",
    "ui.views.predictions:Predictions",
    2,
)
RECONSTRUCTION = Declaration(
    "reconstruction",
    N_("Reconstruction"),
    N_(
        "Validation samples beside what an autoencoder gives back of them, in the units of the data. The number below "
        "is the mean error of the pair. What is blurred or missing on the right did not fit through the narrow middle "
        "of the network. Choose a pair to follow it through the network."
    ),
    "mdi6.image-multiple-outline",
    "ui.views.reconstruction:Reconstruction",
    2,
)
SAMPLED_TEXT = Declaration(
    "sampled_text",
    N_("Samples of text"),
    N_(
        "What a model of language writes by itself as it is now: each letter or word is drawn from what it holds likely "
        "after those before. A temperature below 1 makes it repeat what it is sure of, one above 1 lets it try. At first "
        "it is noise; then come spaces, short words, lines. Training goes on as if nobody had asked."
    ),
    "mdi6.text-box-outline",
    "ui.views.sampled_text:SampledText",
    2,
)
WEIGHTS = Declaration(
    "weights",
    N_("Weights"),
    N_(
        "The numbers that the selected layer has learned. The filled shape is how they are spread now, the dashed "
        "line how they were before training. A layer that does not move away from its beginning is not learning. Change "
        "shows how far each number has moved, since the start or in the last step."
    ),
    "mdi6.chart-histogram",
    "ui.views.weights:Weights",
    3,
)
DATA = Declaration(
    "data",
    N_("Data"),
    N_(
        "The samples themselves, as they are before preparation, with how many there are of every class and the "
        "range of every feature. The network learns from the training part, is watched on the validation part, and "
        "meets the test part only at the very end."
    ),
    "mdi6.database-outline",
    "ui.views.data:Data",
    4,
)
ATTENTION = Declaration(
    "attention",
    N_("Attention"),
    N_(
        "How much every step of a sequence takes from every other. A row is the step that asks, a column the step that "
        "is asked; each row adds up to 1. Hatched places are hidden by the mask. Every head looks in its own way: click "
        "one to see it large. Rollout follows attention through the layers up to this one, half of each step going "
        "round a layer by its skip connection."
    ),
    "mdi6.eye-outline",
    "ui.views.attention:Attention",
    3,
)
GATES = Declaration(
    "gates",
    N_("Gates"),
    N_(
        "What a recurrent layer remembers while it reads one sample. Columns are steps, rows are units; every tab is a "
        "state or a gate. Gates lie between 0, shut, and 1, open. Gradient shows how strongly the loss depends on each "
        "step: a line that falls towards the first steps is a gradient that vanishes, and what lies there is hardly "
        "learned."
    ),
    "mdi6.gate-open",
    "ui.views.gates:Gates",
    3,
)
GRADIENTS = Declaration(
    "gradients",
    N_("Gradients"),
    N_(
        "How strongly the loss pulls at every layer. Length is that of the gradient: lines far below the others belong "
        "to layers that hardly learn, lines that climb without end explode. Update to weight is how far one step moves "
        "a layer, against its own length; in the shaded band around a thousandth the pace is good. Triangles are steps "
        "that were clipped. Over time shows how large the gradients of the selected layer were, step by step. The next "
        "batch is measured, and only while you look: training goes on as if you did not."
    ),
    "mdi6.slope-downhill",
    "ui.views.gradients:Gradients",
    1,
)
DISTRIBUTION = Declaration(
    "distribution",
    N_("Distribution"),
    N_(
        "How active every unit of the selected layer is over many samples. A column is a unit, a bright place a number "
        "that it often puts out. A unit that is always 0 takes no part and learns nothing; a saturated one lies at the "
        "end of its range nearly always and hardly learns. All layers shows mean, spread and such units for each layer."
    ),
    "mdi6.chart-bell-curve",
    "ui.views.distribution:Distribution",
    3,
)
LOSSES = Declaration(
    "losses",
    N_("Samples by loss"),
    N_(
        "The validation samples in the order of their loss: at the top those on which the network is most wrong. A cross "
        "stands at mistakes. Look for wrong labels, odd pictures, and kinds of samples that the data has too few of. "
        "Click a line to follow the sample in every other view."
    ),
    "mdi6.sort-numeric-descending",
    "ui.views.losses:Losses",
    2,
)
STEPPER = Declaration(
    "stepper",
    N_("Step by step"),
    N_(
        "Training as it is computed, one operation on one layer at a time: forward, loss, backward, update. Every number "
        "is the run's own. Click a number to see the sum that made it. Back undoes an operation exactly."
    ),
    "mdi6.shoe-print",
    "ui.views.stepper:Stepper",
    1,
)
HEALTH = Declaration(
    "health",
    N_("Health"),
    N_(
        "Whether the run is in good health: gradients, dead and saturated units, the learning rate, learning by heart, "
        "leaks between the parts. Each finding shows the numbers behind it and one change that may help. Try it beside "
        "trains the same seed with that change in a second run, and its curves are drawn over these."
    ),
    "mdi6.heart-pulse",
    "ui.views.health:Health",
    1,
)

VIEWS: list[Declaration] = [
    CURVES,
    ACTIVATIONS,
    CONFUSION,
    BOUNDARY,
    PREDICTIONS,
    RECONSTRUCTION,
    SAMPLED_TEXT,
    WEIGHTS,
    EMBEDDING,
    SALIENCY,
    LANDSCAPE,
    ATTENTION,
    GATES,
    GRADIENTS,
    DISTRIBUTION,
    LOSSES,
    HEALTH,
    STEPPER,
    DATA,
    *CLUSTER_VIEWS,
    *installed(),
]
