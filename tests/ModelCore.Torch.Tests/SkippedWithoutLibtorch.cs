using System.Reflection;
using HeadScope.ModelCore.Torch.Tests;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: TestFramework("HeadScope.ModelCore.Torch.Tests." + nameof(SkippedWithoutLibtorch), "HeadScope.ModelCore.Torch.Tests")]

namespace HeadScope.ModelCore.Torch.Tests;

/// <summary>
/// Skips every test, with the reason, on a platform that has no package of libtorch. Where there is one, or a folder was named, and in
/// continuous integration, the tests run, and fail where it cannot be loaded.
/// </summary>
public sealed class SkippedWithoutLibtorch(IMessageSink diagnostics) : XunitTestFramework(diagnostics)
{
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    sealed class Executor(AssemblyName assembly, ISourceInformationProvider sources, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assembly, sources, diagnostics)
    {
        protected override void RunTestCases(
            IEnumerable<IXunitTestCase> testCases, IMessageSink sink, ITestFrameworkExecutionOptions options)
        {
            var isExpected = OnTorch.Folder.Length > 0 || Environment.GetEnvironmentVariable("CI") is { Length: > 0 };
            if (OnTorch.WhyMissing is not { } reason || isExpected)
            {
                base.RunTestCases(testCases, sink, options);
                return;
            }

            var cases = testCases.ToList();
            foreach (var testCase in cases)
                sink.OnMessage(new TestSkipped(new XunitTest(testCase, testCase.DisplayName), reason));
            sink.OnMessage(new TestAssemblyFinished(cases, TestAssembly, 0, cases.Count, 0, cases.Count));
        }
    }
}
