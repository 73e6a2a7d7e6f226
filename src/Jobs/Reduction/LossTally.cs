using HeadScope.Jobs.Records;
using HeadScope.ModelCore.Statistics;

namespace HeadScope.Jobs.Reduction;

/// <summary>The mean of the loss over rows that come in order, each summed in its own order, and where the loss is not finite.</summary>
internal sealed class LossTally
{
    /// <summary>Rows that are named; the others are counted.</summary>
    const int MostRowsNamed = 10;

    readonly ExactSum _sum = new();
    readonly List<int> _firstRows = [];
    long _finite;
    long _nans;
    long _infinities;
    int _rows;

    /// <summary>Over the finite values; NaN where there is none.</summary>
    public double Mean => _sum.Value / _finite;

    /// <summary>Null where all are finite.</summary>
    public NonFiniteLoss? NonFinite => _rows == 0 ? null : new NonFiniteLoss(_nans, _infinities, _rows, _firstRows);

    /// <param name="row">Its number in the dataset.</param>
    /// <param name="loss">[position].</param>
    public void AddRow(int row, ReadOnlySpan<float> loss)
    {
        var sum = 0.0;
        var finite = 0;
        foreach (var value in loss)
        {
            if (float.IsFinite(value))
            {
                sum += value;
                finite++;
            }
            else if (float.IsNaN(value))
            {
                _nans++;
            }
            else
            {
                _infinities++;
            }
        }

        _sum.Add(sum);
        _finite += finite;
        if (finite == loss.Length)
            return;
        _rows++;
        if (_firstRows.Count < MostRowsNamed)
            _firstRows.Add(row);
    }
}
