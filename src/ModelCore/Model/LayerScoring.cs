using HeadScope.ModelCore.Compute;

namespace HeadScope.ModelCore.Model;

/// <summary>Per-head scores of all layers of one forward pass.</summary>
/// <param name="Targets">W_U[:, target] of every position, [batch * position, d_model]; zeros where there is no target.</param>
/// <param name="HeadDla">[layer * head, batch * position].</param>
/// <param name="MoverAttn">[layer * head, batch * position].</param>
/// <param name="MoverDla">[layer * head, batch * position].</param>
public sealed record LayerScoring(Tensor Targets, CopySources Copies, int HeadsPerLayer, Tensor HeadDla, Tensor MoverAttn, Tensor MoverDla)
{
    /// <param name="directions">The layer's projection of <see cref="Targets"/>.</param>
    internal CopyScoring ForLayer(int layer, Tensor directions) => new(directions, Copies, Rows(HeadDla, layer), Rows(MoverAttn, layer), Rows(MoverDla, layer));

    Tensor Rows(Tensor all, int layer) => all.SliceRows(layer * HeadsPerLayer, HeadsPerLayer);
}
