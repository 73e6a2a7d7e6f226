using System.Diagnostics;
using HeadScope.ModelCore.Compute;
using HeadScope.ModelCore.Compute.Managed;

int threads = args.Length > 0 ? int.Parse(args[0]) : 2;
foreach (var kernel in new[] { MicroKernel.Avx512, MicroKernel.Avx2, MicroKernel.Portable })
{
    using var b = new ManagedBackend(threads, kernel);
    foreach (var (m, k, n) in new[] { (2048, 2048, 2048), (2048, 512, 1536), (2048, 128, 384), (2048,128,512),(2048,512,128),(2048,512,2048),(2048,2048,512) })
    {
        var r = new Random(1);
        var x = new float[m * k]; var w = new float[k * n];
        for (int i = 0; i < x.Length; i++) x[i] = r.NextSingle() - .5f;
        for (int i = 0; i < w.Length; i++) w[i] = r.NextSingle() - .5f;
        using var tx = b.Upload(x, m, k); using var tw = b.Load(w, k, n);
        for (int i = 0; i < 3; i++) b.Multiply(tx, tw).Dispose();
        var best = double.MaxValue;
        int reps = Math.Max(1, (int)(2e9 / ((double)m * k * n)));
        for (int i = 0; i < 7; i++) { var s = Stopwatch.GetTimestamp(); for (int j = 0; j < reps; j++) b.Multiply(tx, tw).Dispose(); best = Math.Min(best, Stopwatch.GetElapsedTime(s).TotalSeconds / reps); }
        Console.WriteLine($"{kernel.Name} {m}x{k}x{n}: {2e-9 * m * k * n / best:F1} GFLOP/s");
    }
    {
        int m=2048,k=512,n=50304; var r=new Random(2); var x = new float[m * k]; var w = new float[k * n];
        for (int i = 0; i < x.Length; i++) x[i] = r.NextSingle() - .5f;
        for (int i = 0; i < w.Length; i++) w[i] = r.NextSingle() - .5f;
        using var tx = b.Upload(x, m, k); using var tw = b.Load(w, k, n); var t = new int[m];
        b.TokenLoss(tx, tw, t).Dispose(); var best=double.MaxValue;
        for (int i = 0; i < 3; i++) { var s = Stopwatch.GetTimestamp(); b.TokenLoss(tx, tw, t).Dispose(); best = Math.Min(best, Stopwatch.GetElapsedTime(s).TotalSeconds); }
        Console.WriteLine($"{kernel.Name} loss: {2e-9 * m * k * n / best:F1} GFLOP/s {best:F3} s");
        int T=256,B=8,H=8,K=64; var q=b.Upload(x.AsSpan(0,B*T*H*K),B*T,H*K);
        b.Attend(new AttentionInputs(q,q,q,new BatchShape(B,T),new HeadShape(H,H,K),.125f),AttentionTaps.None).Dispose(); best=double.MaxValue;
        for (int i = 0; i < 10; i++) { var s = Stopwatch.GetTimestamp(); b.Attend(new AttentionInputs(q,q,q,new BatchShape(B,T),new HeadShape(H,H,K),.125f),AttentionTaps.None).Dispose(); best = Math.Min(best, Stopwatch.GetElapsedTime(s).TotalSeconds); }
        Console.WriteLine($"{kernel.Name} attention: {2e-9 * B*H*T*T*K / best:F1} GFLOP/s {best*1e3:F3} ms");
    }
}
