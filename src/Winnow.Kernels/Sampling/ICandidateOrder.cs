namespace Winnow.Kernels.Sampling;

/// <summary>A total order of candidates: no two are equal, because the lower index breaks every tie.</summary>
internal interface ICandidateOrder
{
    /// <summary>Whether a candidate comes before another.</summary>
    bool Before(int left, int right);
}
