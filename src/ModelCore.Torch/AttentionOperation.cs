using HeadScope.ModelCore.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace HeadScope.ModelCore.Torch;

/// <summary>
/// Attention of some sequences at a time, as many as their patterns have room for, with query heads that share keys as one product.
/// Sets of sources are small, so what is restricted to them is summed pair by pair.
/// </summary>
internal sealed class AttentionOperation(
    AttentionInputs inputs, AttentionHooks hooks, torch.Tensor hidden, IReadOnlyList<SourcePairs> sources, ScalarType products, long most)
{
    readonly int _context = inputs.Batch.Context;
    readonly HeadShape _heads = inputs.Heads;
    readonly int _group = inputs.Heads.Heads / inputs.Heads.KeyValueHeads;
    readonly torch.Tensor _query = ((TorchTensor)inputs.Query).Values;
    readonly torch.Tensor _key = ((TorchTensor)inputs.Key).Values;
    readonly torch.Tensor _value = ((TorchTensor)inputs.Value).Values;

    /// <summary>0 where a source is visible, -inf where not: [group * dest, src], a query head of a group after the other.</summary>
    public static torch.Tensor Hidden(int context, bool causal, int? window, int group, Device device)
    {
        var positions = arange(Scalars.Of(0), Scalars.Of(context), Scalars.One, device: device);
        var distance = positions.unsqueeze(1).sub(positions.unsqueeze(0)); // [dest, src]
        var isHidden = causal ? distance.lt(Scalars.Of(0)) : zeros_like(distance, ScalarType.Bool);
        if (window is { } width)
            isHidden = isHidden.logical_or(distance.ge(Scalars.Of(width)));
        var visible = zeros(context, context, ScalarType.Float32, device);
        return visible.masked_fill(isHidden, Scalars.Of(double.NegativeInfinity)).repeat(group, 1);
    }

    /// <summary>z, [batch * dest, head * d_head].</summary>
    public torch.Tensor Run()
    {
        var batch = inputs.Batch;
        var z = empty(batch.Positions, _heads.Heads * _heads.DHead, ScalarType.Float32, _query.device);
        var scoring = hooks.Scoring;
        var directions = (scoring?.TargetDirections as TorchTensor)?.Values;
        var attention = Outputs(asked => asked.Attention);
        var contribution = Outputs(asked => asked.Contribution);
        var rowsAtATime = (int)Math.Clamp(most / ((long)_heads.Heads * _context * _context), 1, batch.Sequences);
        for (var row = 0; row < batch.Sequences; row += rowsAtATime)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(rowsAtATime, batch.Sequences - row);
            var pattern = Pattern(row, rows); // [sequence * head, dest, src]
            var mixed = pattern.view(
                rows * _heads.KeyValueHeads, _group * _context, _context).to_type(products).bmm(KeyValueHeads(_value, row, rows));
            z.narrow(0, row * _context, rows * _context).view(rows, _context, _heads.KeyValueHeads, _group, _heads.DHead)
                .copy_(mixed.view(rows, _heads.KeyValueHeads, _group, _context, _heads.DHead).permute(0, 3, 1, 2, 4));
            for (var i = 0; i < sources.Count; i++)
                sources[i].Add(pattern, _value, directions, _heads, _context, row, rows, most, attention[i], contribution[i]);
            foreach (var asked in scoring?.Patterns ?? [])
                PatternValues.Fill(asked, pattern, inputs, row, rows);
        }

        if (scoring?.Contribution is { } all)
            Fill(all, z.mul(directions!).view(batch.Positions, _heads.Heads, _heads.DHead).sum(-1).t());
        for (var i = 0; i < sources.Count; i++)
        {
            if (attention[i] is not null)
                Fill(scoring!.Sources[i].Attention!, attention[i]!.t());
            if (contribution[i] is not null)
                Fill(scoring!.Sources[i].Contribution!, contribution[i]!.t());
        }

        return z;

        // [batch * dest, head] for each set of which it is wanted.
        torch.Tensor?[] Outputs(Func<SourceScoring, Compute.Tensor?> wanted) =>
            [.. (scoring?.Sources ?? []).Select(asked => wanted(asked) is null ? null : zeros(batch.Positions, _heads.Heads, ScalarType.Float32, _query.device))];
    }

    torch.Tensor Pattern(int row, int rows)
    {
        // [sequence * key-value head, group * dest, d_head]
        var query = _query.narrow(0, row * _context, rows * _context).view(rows, _context, _heads.KeyValueHeads, _group, _heads.DHead)
            .permute(0, 2, 3, 1, 4).reshape(rows * _heads.KeyValueHeads, _group * _context, _heads.DHead)
            .mul(Scalars.Of(inputs.Scale)).to_type(products);
        var key = KeyValueHeads(_key, row, rows).transpose(1, 2); // [sequence * key-value head, d_head, src]
        var scaled = bmm(query, key).to_type(ScalarType.Float32);
        if (inputs.Cap is { } cap)
            scaled = TorchBackend.Capped(scaled, cap);
        using var scores = scaled.add_(hidden, Scalars.One).view(rows * _heads.Heads, _context, _context);
        var pattern = nn.functional.softmax(scores, -1);
        Tap(hooks.Scores, scores, row);
        Tap(hooks.Pattern, pattern, row);
        return pattern;
    }

    /// <summary>[sequence * key-value head, src, d_head], as products take it.</summary>
    torch.Tensor KeyValueHeads(torch.Tensor all, int row, int rows) =>
        all.narrow(0, row * _context, rows * _context).view(rows, _context, _heads.KeyValueHeads, _heads.DHead)
            .permute(0, 2, 1, 3).reshape(rows * _heads.KeyValueHeads, _context, _heads.DHead).to_type(products);

    void Tap(Compute.Tensor? tap, torch.Tensor part, int row)
    {
        if (tap is TorchTensor target)
            target.Values.narrow(0, row * _heads.Heads * _context, part.shape[0] * _context).copy_(part.view(-1, _context));
    }

    static void Fill(Compute.Tensor target, torch.Tensor values) => ((TorchTensor)target).Values.copy_(values);
}
