using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace HeadScope.ModelCore.Torch.Tests;

public class ScalarsTests
{
    /// <summary>
    /// A number that TorchSharp makes by itself, of an argument or of a factor that is left out, may be freed before it is read, and
    /// another then takes its place: the assembly has no call that makes one.
    /// </summary>
    [Fact]
    public void Assembly_Calls_MakeNoNumberThatNothingHolds()
    {
        using var file = new PEReader(File.OpenRead(typeof(TorchDevice).Assembly.Location));
        var reader = file.GetMetadataReader();
        var calls = (from handle in reader.MemberReferences
                     let member = reader.GetMemberReference(handle)
                     where member.GetKind() == MemberReferenceKind.Method && member.Parent.Kind == HandleKind.TypeReference
                     let type = reader.GetTypeReference((TypeReferenceHandle)member.Parent)
                     let parameters = ParametersOf(reader.GetBlobReader(member.Signature))
                     select (Type: reader.GetString(type.Name), Name: reader.GetString(member.Name), Parameters: parameters)).ToList();
        Assert.Contains(("Tensor", "add_", 2), calls);
        Assert.DoesNotContain(
            calls, call => call is ("Scalar", "op_Implicit", _) or ("Tensor", "add" or "add_", 1) or ("torch", "arange", < 6));
    }

    /// <summary>ECMA-335, II.23.2.1: a signature's kind, then how many parameters it has.</summary>
    static int ParametersOf(BlobReader signature)
    {
        signature.ReadSignatureHeader();
        return signature.ReadCompressedInteger();
    }
}
