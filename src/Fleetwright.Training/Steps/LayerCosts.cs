using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Training.Jobs;

namespace Fleetwright.Training.Steps;

/// <summary>The part of a layout that sets what one chip does with one micro-batch; the rest of a layout is arithmetic on the result.</summary>
internal readonly record struct LayerKey(int TensorParallel, int ContextParallel, int ExpertParallel, int MicroBatch, bool SequenceParallel);

/// <summary>
/// What one micro-batch costs one chip in an average layer and in the ends of the model: forward, backward, what selective
/// recomputation repeats, and communication (not yet overlapped). Built from the operators of <see cref="ModelGraph"/>.
/// Forms: <c>docs/training.md</c>, "One micro-batch".
/// </summary>
internal sealed class LayerCosts
{
    // Bytes per score that softmax and dropout move when scores live in memory: forward 2+2 (softmax) + 2+2+1 (dropout);
    // backward 2+1+2 and 2+2+2. The products around them move the scores once more.
    private const double SoftmaxForwardBytes = 9;
    private const double SoftmaxBackwardBytes = 11;

    // FlashAttention's backward pass does five products where the forward pass does two (arXiv:2205.14135, appendix B).
    private const double FusedBackwardFlops = 2.5;

    // Element-wise kernels: the backward pass reads the saved input and the gradient and writes a gradient where the forward reads one and writes one.
    private const double ElementwiseBackward = 1.5;

    private readonly ChipModel _chip;
    private readonly TrainingJob _job;
    private readonly LayerKey _key;
    private readonly double _slowdown;

    public LayerCosts(ChipModel chip, TrainingJob job, TrainingCoefficients coefficients, in LayerKey key)
    {
        (_chip, _job, _key, _slowdown) = (chip, job, key, coefficients.SlowdownOf(chip.Chip));
        int groups = Groups(key.TensorParallel, key.ExpertParallel);
        var graph = new ModelGraph(job.Model, Precision.For(job.Compute), new Sharding(key.TensorParallel, 1, key.ExpertParallel, groups));
        double perRank = (double)job.SequenceLength / key.ContextParallel;

        // A causal sequence is split so that every rank sees the same number of pairs: q·past + q(q+1)/2 = s(s+1)/2/CP.
        double past = (job.SequenceLength - perRank) / 2;
        var operators = new Operator[graph.MaximumOperators];
        int count = graph.Step(StepShape.Prefill(key.MicroBatch * groups, perRank, past), operators);
        var collectives = new GroupCollectives(chip);
        for (int i = 0; i < count; i++)
        {
            Add(operators[i], collectives, groups);
        }

        double scale = 1.0 / job.Model.LayerCount;
        Forward *= scale;
        Backward *= scale;
        Repeated *= scale;
        TensorForward *= scale;
        ExpertForward *= scale;
        AddContextExchange(collectives);
        AddHead();
    }

    /// <summary>Kernels of the forward pass of a layer.</summary>
    public Work Forward { get; private set; }

    /// <summary>Kernels of its backward pass.</summary>
    public Work Backward { get; private set; }

    /// <summary>Kernels that selective recomputation runs again.</summary>
    public Work Repeated { get; private set; }

    /// <summary>Seconds of tensor-parallel communication in a forward pass; a backward pass has as much.</summary>
    public double TensorForward { get; private set; }

    /// <summary>Seconds of expert-parallel communication in a forward pass; a backward pass has as much.</summary>
    public double ExpertForward { get; private set; }

    /// <summary>Seconds of gathering keys and values over context-parallel ranks in a forward pass; a backward pass has twice that (gather, and reduce their gradients).</summary>
    public double ContextForward { get; private set; }

    /// <summary>Output head and loss, forward and backward.</summary>
    public Work Head { get; private set; }

    /// <summary>Embedding, forward and backward.</summary>
    public Work Embedding { get; private set; }

    /// <summary>Data-parallel groups that one set of experts is spread over.</summary>
    public static int Groups(int tensorParallel, int expertParallel) => Math.Max(1, expertParallel / tensorParallel);

    private double Tokens => (double)_key.MicroBatch * _job.SequenceLength / _key.ContextParallel;

    private void Add(in Operator op, GroupCollectives collectives, int groups)
    {
        switch (op.Kind)
        {
            case OperatorKind.Gather:
                Embedding += Kernel(op) * 2;
                break;
            case OperatorKind.AllReduce:
                TensorForward += op.Count * TensorSeconds(op, collectives);
                break;
            case OperatorKind.AllToAll:
                int expertTensor = _key.TensorParallel * groups / _key.ExpertParallel;
                ExpertForward += op.Count * collectives.Seconds(OperatorKind.AllToAll, op.MessageBytes, op.Ranks, expertTensor * _key.ContextParallel);
                break;
            case OperatorKind.Gemm when op.Role != OperatorRole.Head:
            case OperatorKind.GroupedGemm:
                AddGemm(op);
                break;
            case OperatorKind.ContextAttention:
                AddAttention(op);
                break;
            case OperatorKind.Elementwise when op.Role != OperatorRole.Sampling:
                AddElementwise(op);
                break;
            default:
                break;
        }
    }

    // With sequence parallelism the all-reduce becomes a reduce-scatter here and an all-gather before the next product (arXiv:2205.05198).
    private double TensorSeconds(in Operator op, GroupCollectives collectives) => _key.SequenceParallel
        ? collectives.Seconds(OperatorKind.ReduceScatter, op.MessageBytes, op.Ranks, 1) + collectives.Seconds(OperatorKind.AllGather, op.MessageBytes, op.Ranks, 1)
        : collectives.Seconds(OperatorKind.AllReduce, op.MessageBytes, op.Ranks, 1);

    private void AddGemm(in Operator op)
    {
        // Casts to 8 bits are fused into the kernel before, which writes two 8-bit copies (one transposed) in place of one of 16 bits.
        Forward += Kernel(op);
        Backward += Kernel(InputGradient(op)) + Kernel(WeightGradient(op));
    }

    private static Operator InputGradient(in Operator op) =>
        Operator.GroupedGemm(op.Role, op.Groups, op.M, op.K, op.N, op.StorageDtype, op.ComputeDtype, op.Count) with { Kind = op.Kind };

    // Gradients of weights are summed in fp32: 4 bytes read and 4 written where the factory counts 2 written.
    private static Operator WeightGradient(in Operator op)
    {
        Operator gradient = Operator.GroupedGemm(op.Role, op.Groups, op.N, op.K, op.M, op.ComputeDtype, op.ComputeDtype, op.Count) with { Kind = op.Kind };
        return gradient with { ActivationBytes = gradient.ActivationBytes + (6 * op.Groups * op.N * op.K) };
    }

    private void AddAttention(in Operator op)
    {
        if (_job.Software.FusedAttention)
        {
            Forward += Kernel(op);
            Backward += Kernel(op with { MatrixFlops = op.MatrixFlops * FusedBackwardFlops, ActivationBytes = op.ActivationBytes * 3, CacheBytes = op.CacheBytes * 3 });
            return;
        }

        // Unfused: scores = Q·Kᵀ, softmax, dropout, times V, each a kernel of its own over all pairs (the mask is applied, not skipped);
        // one batched product is priced as one product of all its rows, so its output or input moves the scores.
        double rows = op.Sequences * op.Heads * op.QueryTokens;
        double scores = rows * _job.SequenceLength;
        Work score = Product(op, rows, _job.SequenceLength, op.HeadSize);
        Work forward = score + Product(op, rows, op.ValueHeadSize, _job.SequenceLength)
            + Kernel(Operator.Elementwise(op.Role, SoftmaxForwardBytes * scores, 5 * scores, op.Count));
        Forward += forward;
        Repeated += forward;
        Backward += Product(op, rows, _job.SequenceLength, op.ValueHeadSize) + Product(op, rows, op.ValueHeadSize, _job.SequenceLength)
            + (Product(op, rows, op.HeadSize, _job.SequenceLength) * 2)
            + Kernel(Operator.Elementwise(op.Role, SoftmaxBackwardBytes * scores, 8 * scores, op.Count));
    }

    private Work Product(in Operator of, double m, double n, double k) => Kernel(Operator.Gemm(of.Role, m, n, k, of.ComputeDtype, of.ComputeDtype, of.Count));

    private void AddElementwise(in Operator op)
    {
        bool split = _key.SequenceParallel && op.Role == OperatorRole.Norm;
        double share = split ? 1.0 / _key.TensorParallel : 1;
        Operator forward = op with { ActivationBytes = op.ActivationBytes * share, VectorFlops = op.VectorFlops * share };
        Work cost = Kernel(forward);
        Forward += cost;
        Backward += Kernel(forward with { ActivationBytes = forward.ActivationBytes * ElementwiseBackward, VectorFlops = forward.VectorFlops * 2 });
        if (_job.Software.FusedAttention && op.Role is OperatorRole.Norm or OperatorRole.Activation)
        {
            Repeated += cost;
        }
    }

    private void AddContextExchange(GroupCollectives collectives)
    {
        if (_key.ContextParallel == 1)
        {
            return;
        }

        double seconds = 0;
        foreach (LayerGroup layer in _job.Model.Layers)
        {
            double width = layer.Mixer switch
            {
                GroupedQueryAttention a => (double)Math.Max(1, a.KvHeads / _key.TensorParallel) * (a.HeadSize + a.ValueHeadSize),
                LatentAttention a => a.KvRank + a.RopeHeadSize,
                _ => 0,
            };
            seconds += layer.Count * collectives.Seconds(OperatorKind.AllGather, _key.MicroBatch * (double)_job.SequenceLength * width * 2, _key.ContextParallel, _key.TensorParallel);
        }

        ContextForward = seconds / _job.Model.LayerCount;
    }

    // Every token has a loss in training. Vocabulary-parallel cross-entropy reads 16-bit logits and keeps fp32 probabilities (2+4+4 bytes), backward 4+2.
    private void AddHead()
    {
        double columns = Math.Ceiling((double)_job.Model.VocabularySize / _key.TensorParallel);
        Operator head = Operator.Gemm(OperatorRole.Head, Tokens, columns, _job.Model.HiddenSize, Dtype.Bf16, Dtype.Bf16);
        Head = Kernel(head) + Kernel(InputGradient(head)) + Kernel(WeightGradient(head))
            + Kernel(Operator.Elementwise(OperatorRole.Sampling, 10 * Tokens * columns, 6 * Tokens * columns))
            + Kernel(Operator.Elementwise(OperatorRole.Sampling, 6 * Tokens * columns, 2 * Tokens * columns));
    }

    private Work Kernel(in Operator op)
    {
        OperatorCost cost = _chip.Price(op);
        return new Work(cost.Seconds * op.Count * _slowdown, cost.Joules * op.Count);
    }
}

/// <summary>Collectives of groups whose ranks are not neighbours: of every <c>stride</c> consecutive chips one takes part, so a scale-up domain holds fewer of the group.</summary>
internal sealed class GroupCollectives(ChipModel chip)
{
    private readonly Dictionary<int, CollectiveModel> _byStride = [];

    /// <summary>Chips that reach each other over the fast links.</summary>
    public static int Domain(Chip chip) => chip.ScaleUpBandwidth is null ? chip.ChipsPerServer : Math.Max(1, chip.ScaleUpDomain);

    public double Seconds(OperatorKind kind, double bytes, int ranks, int stride)
    {
        if (ranks <= 1)
        {
            return 0;
        }

        if (!_byStride.TryGetValue(stride, out CollectiveModel? model))
        {
            int inside = Math.Max(1, Domain(chip.Chip) / stride);
            model = new CollectiveModel(chip.Chip with { ScaleUpDomain = inside, ChipsPerServer = inside }, chip.Coefficients);
            _byStride.Add(stride, model);
        }

        return model.Seconds(kind, bytes, ranks);
    }
}
