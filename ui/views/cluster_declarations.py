"""Views of clusters, as far as they are known without loading them."""

from dllab.text import N_
from ui.views.declared import Declaration

CLUSTERS = Declaration(
    "clusters",
    N_("Clusters"),
    N_(
        "Every clustered sample, marked by the cluster it belongs to. With two features these are the axes; with more "
        "the plane in which the samples spread most. Grey crosses are noise, hollow marks are border samples, large "
        "crosses are centres. Click a sample or draw around several to mark them in all views."
    ),
    "mdi6.scatter-plot",
    "ui.views.clusters:Clusters",
    5,
)
DENDROGRAM = Declaration(
    "dendrogram",
    N_("Dendrogram"),
    N_(
        "The tree of merges: every bar joins two clusters at their distance. Drag the dashed line, or move it with the "
        "arrow keys up and down: every branch that it cuts is a cluster, and all views follow. A long way without a "
        "bar is a good place to cut. Click a bar to mark the samples below it."
    ),
    "mdi6.family-tree",
    "ui.views.dendrogram:Dendrogram",
    5,
)
K_DISTANCES = Declaration(
    "k_distances",
    N_("Neighbour distances"),
    N_(
        "How far every sample is from its k-th nearest one, in order. The flat part are samples in crowded places, the "
        "steep end are lonely ones; the radius belongs where the curve bends. Drag the dashed line, or move it with "
        "the arrow keys: samples whose distance lies below it are core samples."
    ),
    "mdi6.chart-bell-curve-cumulative",
    "ui.views.k_distances:KDistances",
    5,
)
SILHOUETTE = Declaration(
    "silhouette",
    N_("Silhouette"),
    N_(
        "How well every sample sits in its cluster: near 1 it is far from all others, near 0 it lies between two, below "
        "0 another cluster is nearer. The dashed line is the mean. Full, even shapes are good clusters; thin ends "
        "below the line are doubtful samples. Click one to mark it in all views."
    ),
    "mdi6.chart-areaspline",
    "ui.views.silhouette:Silhouette",
    5,
)
PROFILE = Declaration(
    "profile",
    N_("Profile"),
    N_(
        "What the clusters are like: how many samples they hold and the mean of every feature, beside the mean of all "
        "samples. The more a cell is shaded, the further that cluster is from the rest. Click a cell to mark the "
        "samples of its cluster in all views."
    ),
    "mdi6.table-column",
    "ui.views.cluster_tables:Profile",
    5,
)
CONTINGENCY = Declaration(
    "contingency",
    N_("Classes"),
    N_(
        "How the clusters fit the true classes, which the algorithm never saw: how many samples of each class are in "
        "each cluster. ARI and NMI are 1 when both say the same, ARI is 0 for chance; homogeneity is 1 when no "
        "cluster mixes classes. Click a cell to mark its samples in all views."
    ),
    "mdi6.table-check",
    "ui.views.cluster_tables:Contingency",
    5,
)


CLUSTER_STEPS = Declaration(
    "cluster-steps",
    N_("Clustering step by step"),
    N_(
        "How the clustering came about. DBSCAN looks at one sample at a time: who lies within its radius, and whether "
        "they are enough. Agglomerative joins the two nearest clusters, and its tree grows by one bracket. KMeans gives "
        "every sample to its nearest centre, then moves the centres. Drag the slider to any step."
    ),
    "mdi6.foot-print",
    "ui.views.cluster_steps:ClusterSteps",
)
CLUSTER_SWEEP = Declaration(
    "cluster-sweep",
    N_("Clustering sweep"),
    N_(
        "The same clustering with other parameters, each judged: silhouette (how far clusters are from each other), "
        "stability (how alike clusterings of random parts of the samples are: mean ARI), and ARI against the classes "
        "where there are any. Good places are good in several of them. Click a place to use its parameters; undo brings "
        "the old ones back."
    ),
    "mdi6.view-grid-plus-outline",
    "ui.views.cluster_sweep:ClusterSweep",
)

CLUSTER_VIEWS = (CLUSTERS, DENDROGRAM, K_DISTANCES, SILHOUETTE, PROFILE, CONTINGENCY, CLUSTER_STEPS, CLUSTER_SWEEP)
