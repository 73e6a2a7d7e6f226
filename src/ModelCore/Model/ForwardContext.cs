using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>What the modules of one forward pass share.</summary>
internal sealed class ForwardContext(IBackend backend, BatchShape batch, IActivationObserver? observer)
{
    public IBackend Backend => backend;

    public BatchShape Batch => batch;

    /// <summary>What shortformer attention adds to the input of queries and keys: [batch * position, d_model].</summary>
    public Tensor? Positions { get; set; }

    /// <summary>The same, seen by nobody.</summary>
    public ForwardContext Unobserved() => new(backend, batch, null) { Positions = Positions };

    public bool Wants(string name) => observer?.Wants(name) ?? false;

    /// <summary>Shows an activation [batch, position, axes...].</summary>
    public void Observe(string name, Tensor tensor, params ReadOnlySpan<int> axes)
    {
        if (Wants(name))
            observer!.Observe(name, tensor, [batch.Sequences, batch.Context, .. axes]);
    }

    /// <summary>Shows attention scores or a pattern, [batch, head, dest, src].</summary>
    public void ObserveAttention(string name, Tensor tensor, int heads) =>
        observer!.Observe(name, tensor, [batch.Sequences, heads, batch.Context, batch.Context]);
}
